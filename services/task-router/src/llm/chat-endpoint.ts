// One call of an OpenAI-compatible endpoint: chat completions with an answer in JSON. Nothing of what goes out or comes
// back is ever part of an error: the key, the task's text and the model's words stay out of logs.
import { z } from 'zod';
import type { ModelPick } from '../domain/analysis/model-pick.ts';
import type { ModelQuestion } from '../domain/analysis/model-question.ts';

export interface ChatEndpoint {
  /** Its base address, `…/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key: string | undefined;
  readonly timeoutMs: number;
}

/** Why a call brought nothing. `invalid`: it answered, but not with what it was asked for. */
export type CallFailure = 'timeout' | 'refused' | 'unreachable' | 'invalid' | 'stopped';

/** A call that brought nothing; its message is for people and has no secrets. */
export class ModelCallError extends Error {
  override readonly name = 'ModelCallError';
  readonly failure: CallFailure;
  /** What the call cost, where the endpoint said so. */
  readonly tokens: TokenUse | undefined;

  constructor(failure: CallFailure, message: string, tokens?: TokenUse) {
    super(message);
    this.failure = failure;
    this.tokens = tokens;
  }
}

/** Tokens as the endpoint counts them. */
export interface TokenUse {
  readonly prompt: number;
  readonly completion: number;
}

export interface ModelReply {
  readonly pick: ModelPick;
  /** Absent when the endpoint does not tell. */
  readonly tokens: TokenUse | undefined;
}

const ANSWER_BYTES_MAX = 256 * 1024;

const Completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
  usage: z
    .object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) })
    .nullish()
    .catch(undefined),
});

const Name = z.string().max(200);
const Pick = z.object({
  skills: z.array(Name).max(100),
  role: Name.nullish().transform((role) => role ?? undefined),
  complexity: z.number().min(0).max(1),
  parallelisable: z.boolean(),
  team_needed: z.boolean(),
});

/**
 * Asks the model once. Rejects with {@link ModelCallError} after `timeoutMs`, when `signal` aborts, and for any answer
 * that is not what was asked for. Redirects are not followed: the key is for this address.
 */
export async function askModel(
  { url, model, key, timeoutMs }: ChatEndpoint,
  { system, user }: ModelQuestion,
  signal: AbortSignal,
): Promise<ModelReply> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.any([deadline, signal]),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({
        model,
        response_format: { type: 'json_object' },
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
      }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new ModelCallError('refused', `it answered with HTTP status ${response.status}`);
    }
    return replyFrom(await readBounded(response));
  } catch (error) {
    if (error instanceof ModelCallError) throw error;
    if (signal.aborted) throw new ModelCallError('stopped', 'this task-router is stopping');
    if (deadline.aborted) throw new ModelCallError('timeout', `it did not answer within ${timeoutMs} ms`);
    throw new ModelCallError('unreachable', `it cannot be reached (${codeOf(error)})`);
  }
}

/** The code of a network error: its message may name what is none of a log's business. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'no connection';
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new ModelCallError('invalid', 'its answer is too long');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function replyFrom(body: string): ModelReply {
  const completion = Completion.safeParse(jsonOf(body));
  if (!completion.success) throw new ModelCallError('invalid', 'its answer is no chat completion');
  const { choices, usage } = completion.data;
  const tokens =
    usage === undefined || usage === null
      ? undefined
      : { prompt: usage.prompt_tokens, completion: usage.completion_tokens };
  const content = choices[0]?.message.content ?? '';
  // Some models put fences around it all the same.
  const pick = Pick.safeParse(jsonOf(content.slice(content.indexOf('{'), content.lastIndexOf('}') + 1)));
  if (!pick.success) throw new ModelCallError('invalid', 'its answer is not in the form asked for', tokens);
  return { pick: pick.data, tokens };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
