import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DEFAULT_BROKER_IMAGE } from '@nova-torch/cli/own-broker';

/** Which broker tests run on: redis (default), valkey, dragonfly or docker. */
export function testBrokerName(): string {
  return process.env.NOVA_TEST_BROKER || 'redis';
}

/** The image for NOVA_TEST_BROKER=docker. */
export function brokerImage(): string {
  return process.env.NOVA_BROKER_IMAGE || DEFAULT_BROKER_IMAGE;
}

/** True when PATH leads to an executable of this name. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
