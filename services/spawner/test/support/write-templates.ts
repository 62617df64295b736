import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentTemplate } from '@nova-torch/protocol';

/** Writes a templates file (JSON is YAML too) and returns its path. */
export function writeTemplates(directory: string, templates: readonly AgentTemplate[]): string {
  const file = join(directory, 'templates.yaml');
  writeFileSync(file, JSON.stringify({ templates }));
  return file;
}
