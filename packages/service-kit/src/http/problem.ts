import { type ErrorCode, errorRow } from '@nova-torch/protocol';

/** The media type of problem documents (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

/** One field of a request that is not valid; `field` is a JSON pointer without the leading slash. */
export interface FieldProblem {
  field: string;
  detail: string;
}

/** What every error over HTTP looks like: RFC 9457 with our code, a hint what to do, and the fields concerned. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  hint: string;
  /** Names this occurrence; the log has the request under the same id. */
  instance: string;
  retryable: boolean;
  errors?: FieldProblem[];
}

/** What is particular to one occurrence of a problem. */
export interface ProblemCase {
  code: ErrorCode;
  detail: string;
  requestId: string;
  errors?: FieldProblem[] | undefined;
}

/** Makes the problem document of a code of the error table. */
export function problemDocument(problem: ProblemCase): ProblemDocument {
  const { code, detail, requestId, errors } = problem;
  const { title, status, hint, retryable } = errorRow(code);
  const document: ProblemDocument = {
    type: `urn:nova-torch:error:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    detail,
    hint,
    instance: `urn:nova-torch:request:${requestId}`,
    retryable,
  };
  if (errors !== undefined && errors.length > 0) document.errors = errors;
  return document;
}
