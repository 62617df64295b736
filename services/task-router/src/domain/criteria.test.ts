import {
  type CriterionEvidence,
  newAgentId,
  newMessage,
  ReportCompletedV1,
  SuccessCriteria,
} from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aRecord, NOW } from '../../test/support/make.ts';
import { judgeCriteria, unmetError } from './criteria.ts';
import { openDraft } from './draft.ts';
import { settleReport } from './settle-report.ts';

const agentId = newAgentId(0, NOW);
const moment = { nowMs: NOW, random: () => 0.5 };

/** Some criteria, and for each whether the claim meets it, lacks it or fails it. */
const cases = fc.record({
  exit: fc.constantFrom('none', 'met', 'lacking', 'unmet'),
  schema: fc.constantFrom('none', 'met', 'lacking', 'unmet'),
  files: fc.array(fc.constantFrom('met', 'lacking', 'unmet', 'both'), { maxLength: 4 }),
  command: fc.constantFrom('none', 'met', 'lacking', 'unmet'),
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function made({ exit, schema, files, command }: Case) {
  const criteria = SuccessCriteria.parse({
    ...(exit === 'none' ? {} : { exit_code: 0 }),
    ...(schema === 'none' ? {} : { result_schema: { type: 'number' } }),
    ...(files.length === 0 ? {} : { files: files.map((_, i) => ({ path: `file-${i}` })) }),
    ...(command === 'none' ? {} : { command: { run: 'true' } }),
  });
  const entry = (criterion: string, met: boolean): CriterionEvidence => ({ criterion, met, found: 'looked' });
  const evidence = files.flatMap((state, i) => {
    if (state === 'lacking') return [];
    if (state === 'both') return [entry(`files/${i}`, true), entry(`files/${i}`, false)];
    return [entry(`files/${i}`, state === 'met')];
  });
  if (command === 'met' || command === 'unmet') evidence.push(entry('command', command === 'met'));
  const claim = {
    ...(exit === 'met' ? { exit_code: 0 } : exit === 'unmet' ? { exit_code: 1 } : {}),
    ...(schema === 'met' ? { result: 1 } : schema === 'unmet' ? { result: 'one' } : {}),
    ...(evidence.length === 0 ? {} : { evidence }),
  };
  const states = [exit, schema, ...files, command].filter((state) => state !== 'none');
  return { criteria, claim, states };
}

describe('a claim of completion', () => {
  it('is believed exactly when every criterion is met, and each has its evidence', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const { criteria, claim, states } = made(one);
        const evidence = judgeCriteria(criteria, claim);
        expect(evidence.map(({ met }) => met)).toEqual(states.map((state) => state === 'met'));
        const error = unmetError(evidence);
        expect(error === undefined).toBe(states.every((state) => state === 'met'));
        for (const { criterion, met } of evidence)
          if (!met) expect(error?.message).toContain(`${criterion}: `);
      }),
    );
  });

  it('ends the task only then; the attempt counts as failed otherwise, and the evidence is kept', () => {
    fc.assert(
      fc.property(cases, fc.nat(2), (one, max_retries) => {
        const { criteria, claim, states } = made(one);
        const live = { agent_id: agentId, lease: 'l', assigned_at_ms: NOW };
        const record = aRecord('running', live, { max_retries, success_criteria: criteria });
        const head = { task_id: record.task_id, agent_id: agentId, epoch: record.epoch, lease: 'l' };
        const payload = ReportCompletedV1.payload.parse({ ...head, ...claim });
        const report = newMessage(ReportCompletedV1, payload, {
          sender: agentId,
          target: 'task-router',
          nowMs: NOW,
        });
        const settled = settleReport(openDraft(record), report, moment);
        if (settled.kind !== 'settled') throw new Error(settled.kind);
        const { draft } = settled;
        const isMet = states.every((state) => state === 'met');
        const otherwise = max_retries === 0 ? 'failed' : 'scheduled';
        expect(draft.state).toBe(isMet ? 'completed' : otherwise);
        expect(draft.record.live.error?.code).toBe(isMet ? undefined : 'CRITERIA_NOT_MET');
        // A task without criteria carries nothing more than before.
        if (states.length === 0) expect(draft).not.toHaveProperty('evidence');
        else expect(draft.evidence?.criteria).toHaveLength(states.length);
        if (!isMet) expect(draft).not.toHaveProperty('result');
      }),
    );
  });

  it('says why an agent without a workspace cannot prove it', () => {
    const criteria = SuccessCriteria.parse({ files: [{ path: 'a.md' }] });
    expect(unmetError(judgeCriteria(criteria, {}))?.message).toBe(
      'files/0: a.md was not checked: this agent has no workspace in which it can prove it',
    );
    expect(unmetError(judgeCriteria(criteria, { evidence: [] }))?.message).toBe(
      'files/0: a.md was not checked: the agent sent no evidence of it',
    );
  });
});
