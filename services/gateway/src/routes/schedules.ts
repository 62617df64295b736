import {
  newScheduleId,
  Schedule,
  ScheduleChangeV1,
  ScheduleCreateV1,
  ScheduleGetV1,
  ScheduleId,
  ScheduleListV1,
  SchedulePageV1,
  ScheduleSpec,
  ScheduleStateV1,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { reservedId } from '../store/idempotency-store.ts';
import { explainSize } from '../submitting.ts';
import { idempotencyHeaders, pageQuery } from './parameters.ts';

const EXAMPLE = 'schedule-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5070';
const schedulePath = z.object({ schedule_id: ScheduleId.meta({ examples: [EXAMPLE] }) });
const SchedulePage = z
  .object({ schedules: z.array(Schedule), next_cursor: z.string().optional() })
  .meta({ id: 'SchedulePage' });
const common = { config: { access: 'admin' as const } };

/** POST /v1/schedules */
export function createScheduleRoute(app: GatewayHttp, deps: GatewayDeps): void {
  const { asking, streams, partition, broker, idempotency } = deps;
  app.route({
    ...common,
    method: 'POST',
    url: '/v1/schedules',
    schema: {
      operationId: 'createSchedule',
      tags: ['schedules'],
      summary: 'Submit a task again and again: at the times of a cron expression, or every so many seconds',
      description:
        'Each run is one task, also when a router dies while it is due. With an Idempotency-Key a repeat gets the same schedule.',
      headers: idempotencyHeaders,
      body: ScheduleSpec,
      response: answers({ 201: Schedule }, [...COMMON_ERRORS.ask, 'SCHEDULE_LIMIT', 'IDEMPOTENCY_CONFLICT']),
    },
    handler: async (request, reply) => {
      const by = request.principal.name;
      const key = request.headers['idempotency-key'];
      let id = newScheduleId(partition, broker.serverNowMs());
      if (key !== undefined) {
        const [reserved] = await idempotency.reserve('schedule', by, [{ key, body: request.rawBody, id }]);
        id = reservedId(reserved, key) as ScheduleId;
      }
      const { schedule } = await asking
        .ask({
          stream: streams.tasksQueue,
          target: 'task-router',
          definition: ScheduleCreateV1,
          payload: { schedule_id: id, spec: request.body, by },
          answer: ScheduleStateV1,
        })
        .catch((error: unknown) => {
          throw explainSize(error, request.body);
        });
      return reply.code(201).send(schedule);
    },
  });
}

/** GET /v1/schedules */
export function listSchedulesRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    ...common,
    method: 'GET',
    url: '/v1/schedules',
    schema: {
      operationId: 'listSchedules',
      tags: ['schedules'],
      summary: 'All schedules, the oldest first',
      querystring: z.object(pageQuery),
      response: answers({ 200: SchedulePage }, [...COMMON_ERRORS.read, 'CURSOR_INVALID']),
    },
    handler: (request) =>
      asking.ask({
        stream: streams.tasksQueries,
        target: 'task-router',
        definition: ScheduleListV1,
        payload: request.query,
        answer: SchedulePageV1,
      }),
  });
}

/** GET /v1/schedules/{schedule_id} */
export function getScheduleRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    ...common,
    method: 'GET',
    url: '/v1/schedules/:schedule_id',
    schema: {
      operationId: 'getSchedule',
      tags: ['schedules'],
      summary: 'One schedule, with its last and its next run',
      params: schedulePath,
      response: answers({ 200: Schedule }, [...COMMON_ERRORS.read, 'SCHEDULE_UNKNOWN']),
    },
    handler: async (request) => {
      const { schedule } = await asking.ask({
        stream: streams.tasksQueries,
        target: 'task-router',
        definition: ScheduleGetV1,
        payload: request.params,
        answer: ScheduleStateV1,
      });
      return schedule;
    },
  });
}

async function change(
  { asking, streams }: GatewayDeps,
  payload: ScheduleChangeV1['payload'],
): Promise<Schedule> {
  const { schedule } = await asking.ask({
    stream: streams.tasksQueue,
    target: 'task-router',
    definition: ScheduleChangeV1,
    payload,
    answer: ScheduleStateV1,
  });
  return schedule;
}

/** POST /v1/schedules/{schedule_id}/pause */
export function pauseScheduleRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    ...common,
    method: 'POST',
    url: '/v1/schedules/:schedule_id/pause',
    schema: {
      operationId: 'pauseSchedule',
      tags: ['schedules'],
      summary: 'No run until it is resumed',
      params: schedulePath,
      response: answers({ 200: Schedule }, [...COMMON_ERRORS.ask, 'SCHEDULE_UNKNOWN', 'SCHEDULE_ENDED']),
    },
    handler: (request) => change(deps, { ...request.params, to: 'paused', by: request.principal.name }),
  });
}

/** POST /v1/schedules/{schedule_id}/resume */
export function resumeScheduleRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    ...common,
    method: 'POST',
    url: '/v1/schedules/:schedule_id/resume',
    schema: {
      operationId: 'resumeSchedule',
      tags: ['schedules'],
      summary: 'Goes on with the next run from now',
      params: schedulePath,
      response: answers({ 200: Schedule }, [...COMMON_ERRORS.ask, 'SCHEDULE_UNKNOWN', 'SCHEDULE_ENDED']),
    },
    handler: (request) => change(deps, { ...request.params, to: 'active', by: request.principal.name }),
  });
}

/** DELETE /v1/schedules/{schedule_id} */
export function deleteScheduleRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    ...common,
    method: 'DELETE',
    url: '/v1/schedules/:schedule_id',
    schema: {
      operationId: 'deleteSchedule',
      tags: ['schedules'],
      summary: 'End a schedule and forget it; tasks it submitted go on',
      params: schedulePath,
      response: answers({ 200: Schedule }, [...COMMON_ERRORS.ask, 'SCHEDULE_UNKNOWN']),
    },
    handler: (request) => change(deps, { ...request.params, to: 'deleted', by: request.principal.name }),
  });
}
