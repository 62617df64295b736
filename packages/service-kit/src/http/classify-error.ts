import { type ErrorCode, NovaError } from '@nova-torch/protocol';
import {
  BrokerClosedError,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  NoAnswerError,
  PayloadTooLargeError,
} from '@nova-torch/streams';
import { z } from 'zod';
import type { FieldProblem } from './problem.ts';

/** An error as one of the table's: what the caller is told, and whether it is our fault. */
export interface ClassifiedError {
  code: ErrorCode;
  detail: string;
  errors?: FieldProblem[];
}

/** At most this many fields are named: a hostile body has no thousand-line answer. */
const FIELDS_MAX = 20;

/** Fastify's own error codes as ours. */
const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_NOT_JSON',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE',
  FST_ERR_BAD_URL: 'VALIDATION',
  FST_ERR_NOT_FOUND: 'ROUTE_UNKNOWN',
};

/** Codes of a broker that starts, follows another, or cannot save. */
const BROKER_NOT_READY = ['LOADING', 'READONLY', 'MASTERDOWN', 'MISCONF', 'NOREPLICAS', 'BUSY'];

interface ValidationIssue {
  instancePath?: string;
  message?: string;
  params?: Record<string, unknown>;
}

/** The shape of what Fastify throws; any other error has none of these. */
interface FastifyErrorShape {
  code?: string;
  statusCode?: number;
  validation?: ValidationIssue[];
  validationContext?: string;
}

/**
 * Finds the row of the error table for whatever a handler threw. Errors nobody foresaw become INTERNAL with a
 * detail that gives nothing away: the log has the rest under the request's id.
 */
export function classifyError(error: unknown): ClassifiedError {
  if (error instanceof NovaError) {
    const errors = error.field === undefined ? undefined : [{ field: error.field, detail: error.message }];
    return { code: error.code, detail: error.message, ...(errors && { errors }) };
  }
  if (error instanceof z.ZodError) return validation(error.issues.map(fromZodIssue));
  if (error instanceof PayloadTooLargeError) return { code: 'PAYLOAD_TOO_LARGE', detail: error.message };
  if (error instanceof NoAnswerError) return { code: 'NO_ANSWER', detail: 'No answer within the deadline.' };
  return (
    fromBroker(error) ??
    fromFastify(error) ?? { code: 'INTERNAL', detail: 'The request failed inside the service.' }
  );
}

function fromBroker(error: unknown): ClassifiedError | undefined {
  if (error instanceof BrokerReplyError) {
    if (error.code === 'OOM') return { code: 'OVERLOADED', detail: 'The broker has no memory left.' };
    if (!BROKER_NOT_READY.includes(error.code)) return undefined;
    return { code: 'BROKER_UNAVAILABLE', detail: 'The broker does not take writes now.' };
  }
  const gone =
    error instanceof BrokerUnavailableError ||
    error instanceof BrokerTimeoutError ||
    error instanceof BrokerClosedError;
  if (!gone) return undefined;
  return { code: 'BROKER_UNAVAILABLE', detail: 'The broker did not take the request within the deadline.' };
}

function fromFastify(error: unknown): ClassifiedError | undefined {
  if (!(error instanceof Error)) return undefined;
  const {
    code = '',
    statusCode = 500,
    validation: issues,
    validationContext,
  } = error as Error & FastifyErrorShape;
  if (issues !== undefined) return validation(issues.map((issue) => fromIssue(issue, validationContext)));
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return { code: known, detail: sentence(error.message) };
  return statusCode >= 400 && statusCode < 500
    ? { code: 'VALIDATION', detail: sentence(error.message) }
    : undefined;
}

function validation(errors: FieldProblem[]): ClassifiedError {
  const named = errors.slice(0, FIELDS_MAX);
  const fields = named.map(({ field, detail }) => `${field || 'the body'}: ${detail}`);
  const more = errors.length > named.length ? ` and ${errors.length - named.length} more` : '';
  return { code: 'VALIDATION', detail: sentence(fields.join('; ') + more), errors: named };
}

function fromZodIssue(issue: z.core.$ZodIssue): FieldProblem {
  return { field: issue.path.map(String).join('/'), detail: issue.message };
}

/** An issue of Fastify's validator: a path such as `/skills/0`, and for a missing member the name of it. */
function fromIssue(issue: ValidationIssue, context: string | undefined): FieldProblem {
  const path = (issue.instancePath ?? '').replace(/^\//, '');
  const missing = issue.params?.missingProperty;
  const parts = [path, typeof missing === 'string' ? missing : ''].filter((part) => part !== '');
  const field = parts.join('/') || (context === undefined || context === 'body' ? '' : context);
  return { field, detail: issue.message ?? 'not valid' };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
