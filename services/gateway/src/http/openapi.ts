import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import {
  AgentRecord,
  AgentRegistration,
  AgentTemplate,
  MessageRecord,
  Schedule,
  ScheduleSpec,
  SpawnRecord,
  TaskAnalysis,
  TaskDecision,
  TaskExplanation,
  TaskHistoryEntry,
  TaskSpec,
  TaskSummary,
  TaskView,
} from '@nova-torch/protocol';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { GatewayHttp } from './gateway-http.ts';
import { addProblemExamples } from './problem-examples.ts';
import { tidyDocument } from './tidy-document.ts';

/** Version of the HTTP interface: additions raise the second number; what breaks clients gets a path of its own. */
export const API_VERSION = '1.0.0';

/** Schemas of the contract that the document names, so that generated clients have types of these names. */
const COMPONENTS: Record<string, z.ZodType> = {
  AgentRecord,
  AgentRegistration,
  AgentTemplate,
  MessageRecord,
  SpawnRecord,
  TaskAnalysis,
  TaskDecision,
  TaskExplanation,
  TaskHistoryEntry,
  Schedule,
  ScheduleSpec,
  TaskSpec,
  TaskSummary,
  TaskView,
};

const EXAMPLES: Record<string, unknown[]> = {
  ScheduleSpec: [{ cron: '0 3 * * *', timezone: 'Europe/Berlin', task: { title: 'Nightly report' } }],
  TaskSpec: [
    {
      title: 'Write the release notes',
      description: 'Summarise the merged changes since v1.4.0 for users, at most 300 words.',
      role: 'developer',
      required_skills: ['markdown'],
      priority: 'high',
      inputs: { from: 'v1.4.0', to: 'v1.5.0' },
      labels: { release: 'v1.5.0' },
    },
  ],
  TaskExplanation: [
    {
      task_id: 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f',
      status: 'ready',
      attempt: 0,
      decisions: [],
      waiting: {
        reason: 'an agent of the role developer with the skills typscript: none is registered',
        line: { ahead: 0, waiting: 1 },
        agents_known: 3,
        candidates: [],
        passed_over: [
          {
            reason: 'missing_skill',
            what: 'typscript',
            count: 2,
            agent_ids: [
              'agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5061',
              'agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5062',
            ],
          },
          {
            reason: 'other_role',
            what: 'qa',
            count: 1,
            agent_ids: ['agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5063'],
          },
        ],
        unknown: [{ field: 'required_skills', name: 'typscript', did_you_mean: 'typescript' }],
      },
    },
  ],
  TaskAnalysis: [
    {
      skills: [{ name: 'typescript', matched: [{ word: 'TypeScript', where: 'title' }] }],
      role: {
        name: 'developer',
        matched: [{ word: 'Implement', where: 'title' }],
        skills: ['typescript'],
        reason: '"Implement" in the title; typescript is typical of it',
      },
      complexity: { value: 0.3, reasons: ['harder: "migration" in the description'] },
      duration: {
        seconds: 205,
        source: 'complexity',
        reason: 'a guess from its complexity of 0.3: no task of the type "task" was completed yet',
      },
      parallelisable: { value: false, reason: 'nothing in it says that its parts are independent' },
      team_needed: { value: false, reason: 'it is the work of developer' },
      warnings: [],
      truncated: false,
    },
  ],
  AgentRegistration: [
    {
      name: 'ada',
      role: 'developer',
      skills: ['typescript', { name: 'sql', level: 0.6 }],
      capacity: 2,
      host: 'build-1',
    },
  ],
};

const TAGS = [
  { name: 'tasks', description: 'Submit work, follow it, end it' },
  { name: 'workflows', description: 'Tasks that depend on one another, submitted together' },
  { name: 'schedules', description: 'Tasks that are submitted again and again' },
  { name: 'agents', description: 'Register agents, see who is there' },
  { name: 'work', description: 'What an agent itself calls: inbox, heartbeat, reports' },
  { name: 'messages', description: 'Messages between agents and from people' },
  {
    name: 'dead letters',
    description: 'Messages that were given up: see them, put them back, throw them away',
  },
  { name: 'spawning', description: 'Start and end agents from templates' },
  { name: 'platform', description: 'How the platform is, and who you are' },
];

const DESCRIPTION = `Submit tasks to a fleet of agents and follow them to their end.

Send \`authorization: Bearer <key>\`: the admin key (file \`admin.key\` of NOVA_HOME) or the token an agent got when it
registered. Errors are problem documents (RFC 9457) whose \`code\` programs decide by. Lists have cursors. Every request
may carry a W3C \`traceparent\`; the answer has one in any case.`;

/** Serves the OpenAPI document at /openapi.json and its human form at /docs. Register it before the routes. */
export async function registerOpenApi(app: GatewayHttp): Promise<void> {
  nameComponents();
  const toComponents = createJsonSchemaTransformObject({ schemaRegistry: z.globalRegistry });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Nova-Torch', version: API_VERSION, description: DESCRIPTION },
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The admin key or an agent token' },
        },
      },
      security: [{ bearer: [] }],
    },
    transform: createJsonSchemaTransform({ schemaRegistry: z.globalRegistry }),
    transformObject: (document) => addExamples(addProblemExamples(tidyDocument(toComponents(document)))),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, persistAuthorization: false },
    theme: {
      title: 'Nova-Torch API',
      css: [{ filename: 'nova-torch.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

function nameComponents(): void {
  for (const [id, schema] of Object.entries(COMPONENTS)) {
    const known = z.globalRegistry.get(schema);
    if (known?.id === id) continue;
    z.globalRegistry.add(schema, { ...known, id });
  }
}

/** Written into the document, because zod drops the examples of a schema that transforms what it reads. */
function addExamples<D extends object>(document: D): D {
  const { components }: { components?: { schemas?: Record<string, { examples?: unknown[] }> } } = document;
  for (const [id, examples] of Object.entries(EXAMPLES)) {
    for (const name of [id, `${id}Input`]) {
      const schema = components?.schemas?.[name];
      if (schema !== undefined) schema.examples = examples;
    }
  }
  return document;
}
