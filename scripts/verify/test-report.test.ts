import { expect, test } from 'vitest';
import { countTests, describeCounts, readCounts } from './test-report.ts';

const report = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };

test('passed and failed tests are counted, skipped ones only when there are any', () => {
  expect(describeCounts(countTests(report))).toBe('3 passed, 1 failed');
  expect(describeCounts(countTests({ ...report, numPendingTests: 1, numTodoTests: 1 }))).toBe(
    '3 passed, 1 failed, 2 skipped',
  );
});

test('a file that could not be loaded counts as failed', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [{ status: 'failed' }] },
    { status: 'passed', assertionResults: [{ status: 'passed' }] },
  ];
  expect(countTests({ ...report, testResults }).failed).toBe(2);
});

test('without a report nothing was counted', () => {
  expect(describeCounts(readCounts('/nonexistent/report.json'))).toBe('0 passed, 0 failed');
});
