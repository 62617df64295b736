import {
  ANALYSIS_ANSWER_MS,
  TaskAnalysis,
  TaskAnalyzedV1,
  TaskAnalyzeV1,
  TaskSpec,
} from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { explainSize } from '../submitting.ts';

/** POST /v1/tasks/analyze */
export function analyzeTaskRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tasks/analyze',
    config: { access: 'any' },
    schema: {
      operationId: 'analyzeTask',
      tags: ['tasks'],
      summary: 'Analyse a task without submitting it',
      description:
        'Skills, role, complexity, expected duration and the need of a team, read out of its title, description and ' +
        'task type by a taxonomy, each with the words that led to it, or by a model where the operator configured one; and ' +
        'warnings of roles and skills nobody has. It is advice: nothing is submitted or changed.',
      body: TaskSpec,
      response: answers({ 200: TaskAnalysis }, COMMON_ERRORS.ask),
    },
    handler: async (request) => {
      const spec = request.body;
      const { analysis } = await asking
        .ask({
          stream: streams.tasksQueries,
          target: 'task-router',
          definition: TaskAnalyzeV1,
          payload: { spec },
          answer: TaskAnalyzedV1,
          // A model may be asked.
          timeoutMs: ANALYSIS_ANSWER_MS,
        })
        .catch((error: unknown) => {
          throw explainSize(error, spec);
        });
      return analysis;
    },
  });
}
