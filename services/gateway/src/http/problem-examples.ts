import { ErrorCode, errorRow } from '@nova-torch/protocol';
import { problemDocument } from '@nova-torch/service-kit';

interface MediaType {
  schema?: unknown;
  example?: unknown;
}

interface Document {
  paths?: Record<string, Record<string, { responses?: Record<string, Response> }>>;
}

interface Response {
  description?: string;
  content?: Record<string, MediaType>;
}

const REQUEST_ID = '1f4d3c56-0d7d-4f6c-9f3a-9c2b1a0e8d77';

/** Gives each error response of a document an example of its own code: the first one its description names. */
export function addProblemExamples<D extends object>(document: D): D {
  const { paths = {} }: Document = document;
  for (const path of Object.values(paths)) {
    for (const { responses = {} } of Object.values(path)) {
      for (const response of Object.values(responses)) addExample(response);
    }
  }
  return document;
}

function addExample({ description = '', content = {} }: Response): void {
  const media = content['application/problem+json'];
  const code = ErrorCode.safeParse(/`([A-Z_]+)`/.exec(description)?.[1]);
  if (media === undefined || !code.success) return;
  const { title } = errorRow(code.data);
  media.example = problemDocument({ code: code.data, detail: `${title}.`, requestId: REQUEST_ID });
}
