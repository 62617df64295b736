import type { ErrorCode } from '@nova-torch/protocol';

/** UNREACHABLE: nobody answered at the address. DEADLINE: no answer in time; whether it was done is unknown. */
export type ClientErrorCode = ErrorCode | 'UNREACHABLE' | 'DEADLINE' | 'NOT_NOVA_TORCH';

/** One field of the request that is not valid. */
export interface FieldError {
  field: string;
  detail: string;
}

export interface NovaApiErrorFields {
  code: ClientErrorCode;
  /** HTTP status; 0 when there was no answer. */
  status: number;
  detail: string;
  hint?: string | undefined;
  retryable?: boolean | undefined;
  errors?: readonly FieldError[] | undefined;
  /** Names the occurrence in the gateway's log. */
  instance?: string | undefined;
  /** When the gateway would take the same call, in ms from the answer; undefined if it did not say. */
  retryAfterMs?: number | undefined;
  /** The call was never sent: nothing can have been done. False unless told. */
  isUnsent?: boolean | undefined;
  cause?: unknown;
}

/** What every call rejects with, whatever went wrong; only an abort by the caller rejects with the abort's reason. */
export class NovaApiError extends Error {
  override readonly name = 'NovaApiError';
  readonly code: ClientErrorCode;
  readonly status: number;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly errors: readonly FieldError[];
  readonly instance: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isUnsent: boolean;

  constructor(fields: NovaApiErrorFields) {
    super(fields.detail, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
    this.status = fields.status;
    this.hint = fields.hint;
    this.retryable = fields.retryable ?? false;
    this.errors = fields.errors ?? [];
    this.instance = fields.instance;
    this.retryAfterMs = fields.retryAfterMs;
    this.isUnsent = fields.isUnsent ?? false;
  }
}

/** The error of an answer that is none of ours or a problem document. */
export function errorOf(status: number, body: unknown, retryAfterMs?: number): NovaApiError {
  if (!isProblem(body)) {
    return new NovaApiError({
      code: 'NOT_NOVA_TORCH',
      status,
      detail: `The answer ${status} is not from a Nova-Torch gateway.`,
      hint: 'Check the address, and what stands between here and there.',
      retryable: status >= 500,
    });
  }
  return new NovaApiError({ ...body, status, retryAfterMs });
}

function isProblem(body: unknown): body is NovaApiErrorFields {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
}
