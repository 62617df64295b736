// What the shipped taxonomy finds in texts, and what it must not find.
import { ANALYSED_CHARS_MAX, TaskAnalysis, TaskSpec } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { analysed, NOTHING_KNOWN, shipped } from './support/shipped-taxonomy.ts';

const skillsOf = (title: string): string[] => analysed({ title }).skills.map(({ name }) => name);

describe('skills are found', () => {
  test.each<[string, string[]]>([
    // Short names that are also words: only as names and in context.
    ['Write the parser in Go', ['go']],
    ['Write a golang parser', ['go']],
    ['Move it to Go 1.24', ['go']],
    ['A Go service behind nginx', ['go', 'nginx']],
    ['Python, Go and R', ['python', 'go', 'r']],
    ['Go/Python bindings', ['go', 'python']],
    ['Port the C module', ['c']],
    ['Statistics in R', ['r']],
    ['go to the page', []],
    ['Go to the page', []],
    ['Please GO to the page', []],
    ['it is going well, ongoing, forgo, cargo', []],
    ['Go-live checklist', []],
    ['No Go for the release', []],
    ['R&D budget', []],
    ['C-level summary', []],
    ['Plan C', []],
    ['Vitamin C and iron', []],
    ['React to customer mails', []],
    ['react to customer mails', []],
    ['A React dashboard', ['react']],
    ['Clean up the rest', []],
    ['REST endpoint for orders', ['rest']],
    ['A swift answer', []],
    ['An app in Swift', ['swift']],
    ['Remove the rust from the hull', []],
    ['A Rust crate', ['rust']],
    ['the express train in spring', []],
    // Signs in names.
    ['C++ and C# code', ['c++', 'c#']],
    ['c++17 template', ['c++']],
    ['(C++)', ['c++']],
    ['.NET 8 upgrade', ['dotnet']],
    ['Visit example.net', []],
    ['ASP.NET pages', ['dotnet']],
    ['a Node.js script.', ['node.js']],
    ['NodeJS', ['node.js']],
    ['CI/CD for it', ['ci-cd']],
    // Parts of other words are none.
    ['JavaScript only', ['javascript']],
    ['Java only', ['java']],
    ['javanese coffee', []],
    ['mypython, subjava, nodocker', []],
    ['python3x, java17b, docker٣x', []],
    ['pythonista, mysqldump-like', []],
    ['java17 and python3.12', ['java', 'python']],
    ['Java’s own', ['java']],
    // Phrases, the longest first; hyphens, blanks and line ends are the same.
    ['React Native app', ['react-native']],
    ['react-native app', ['react-native']],
    ['machine\r\nlearning', ['machine-learning']],
    ['machine     learning', []],
    ['Unit-tests', ['testing']],
    // File names and addresses.
    ['Fix src/app.ts and style.css', ['typescript', 'css']],
    ['see https://python.org/docker?go=java for more', []],
    ['see https://python.org/, then use docker', ['docker']],
    // Other scripts and encodings.
    ['用Python写脚本', ['python']],
    ['Сделать API на PostgreSQL', ['postgresql']],
    ['javá script', []],
    ['py\u200bthon', ['python']],
    ['type\u00adscript', ['typescript']],
    ['\ufeffdocker', ['docker']],
    ['İİİ then python', ['python']],
    ['👩‍💻python👩‍💻', ['python']],
  ])('%j: %j', (title, expected) => {
    expect(skillsOf(title).sort()).toEqual([...expected].sort());
  });

  it('says where and by which word, title first', () => {
    const { skills } = analysed({
      title: 'Fix the k8s deployment',
      description: 'The Kubernetes ingress. KUBERNETES again, Kubernetes.',
      task_type: 'kubernetes-fix',
    });
    expect(skills).toEqual([
      {
        name: 'kubernetes',
        matched: [
          { word: 'k8s', where: 'title' },
          { word: 'kubernetes', where: 'task_type' },
          { word: 'Kubernetes', where: 'description' },
          { word: 'KUBERNETES', where: 'description' },
        ],
      },
    ]);
  });
});

describe('the role', () => {
  test.each<[string, string | undefined]>([
    ['Implement the login form', 'developer'],
    ['Write unit tests for the parser', 'qa'],
    ['Deploy it to Kubernetes', 'devops'],
    ['Prioritize the user stories', 'pm'],
    ['Train a neural network', 'specialist'],
    ['Buy milk', undefined],
    ['Deployment and regression test', undefined],
  ])('of %j is %s', (title, role) => {
    expect(analysed({ title }).role?.name).toBe(role);
  });

  it('has reasons that name words and skills', () => {
    expect(analysed({ title: 'Implement it in Python' }).role).toEqual({
      name: 'developer',
      matched: [{ word: 'Implement', where: 'title' }],
      skills: ['python'],
      reason: '"Implement" in the title; python is typical of it',
    });
  });
});

describe('the effort', () => {
  it('is higher for what sounds harder, with the reasons', () => {
    const easy = analysed({ title: 'Fix a typo' });
    const hard = analysed({
      title: 'Migrate the legacy billing to a distributed architecture',
      description: '- design\n- build\n* move\n1. test\n\nZero downtime; Java, PostgreSQL and Kafka.',
    });
    expect(easy.complexity.value).toBeLessThan(0.1);
    expect(hard.complexity.value).toBeGreaterThan(0.8);
    expect(easy.complexity.reasons).toEqual(['easier: "typo" in the title']);
    expect(hard.complexity.reasons).toContain('harder: "distributed" in the title');
    expect(hard.complexity.reasons).toContain('4 points listed');
    expect(hard.duration.seconds).toBeGreaterThan(10 * easy.duration.seconds);
    expect(easy.duration.source).toBe('complexity');
  });

  it('takes the duration from history once there is enough of it', () => {
    const history = { count: 5, mean: 20, recentMean: 12.3456, p90: 40 };
    expect(analysed({ task_type: 'build' }, { history }).duration).toEqual({
      seconds: 12.3,
      p90_seconds: 40,
      source: 'history',
      reason: '5 tasks of the type "build" were completed, the last ones in 12.3 s on average',
    });
    const few = analysed({ task_type: 'build' }, { history: { ...history, count: 4 } }).duration;
    expect(few.source).toBe('complexity');
    expect(few.reason).toContain('only 4 of the type "build" completed');
  });

  it('says what may be done in parallel, and what not', () => {
    const of = (title: string) => analysed({ title }).parallelisable;
    expect(of('Translate every file')).toEqual({ value: true, reason: '"every file" in the title' });
    expect(of('Translate every file one after another').value).toBe(false);
    expect(of('Translate it').value).toBe(false);
  });

  it('says when a team is needed, and why', () => {
    expect(analysed({ title: 'Work together on the launch' }).team_needed.value).toBe(true);
    expect(analysed({ title: 'Implement, deploy and write tests' }).team_needed).toEqual({
      value: true,
      reason: 'it touches the work of 3 roles: developer, qa, devops',
    });
    expect(analysed({ title: 'Change the team page' }).team_needed.value).toBe(false);
  });
});

describe('required skills that nobody knows', () => {
  it('are warned of, with the name of which they are a synonym first', () => {
    const skillsLike = (skill: string) => (skill === 'pyton' ? ['python'] : []);
    const hasAgentWith = (skill: string) => skill === 'juggling';
    const { warnings } = analysed(
      { required_skills: ['python', 'juggling', 'pyton', 'golang', 'xyzzy'] },
      { skillsLike, hasAgentWith },
    );
    expect(warnings.map(({ detail, suggestions }) => [/"(.*)"/.exec(detail)?.[1], suggestions])).toEqual([
      ['pyton', ['python']],
      ['golang', ['go']],
      ['xyzzy', []],
    ]);
  });
});

describe('a role that nobody has', () => {
  it('is warned of, unless the taxonomy, an agent or a template has it', () => {
    const hasRole = (role: string) => role === 'juggler';
    const rolesLike = (role: string) => (role === 'develper' ? ['developer'] : []);
    const warned = (role: string) => analysed({ role }, { hasRole, rolesLike }).warnings;
    expect(warned('developer')).toEqual([]);
    expect(warned('juggler')).toEqual([]);
    expect(warned('develper')).toEqual([
      {
        field: 'role',
        detail: expect.stringContaining('no agent and no template has the role "develper"'),
        suggestions: ['developer'],
      },
    ]);
    expect(warned('xyzzy').map(({ suggestions }) => suggestions)).toEqual([[]]);
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...[
      'Go',
      'in ',
      'C',
      '++',
      '#',
      '.',
      'net',
      'java',
      'script',
      '-',
      '_',
      ' ',
      '\r\n',
      '/',
      '://',
      ',',
      'and',
      '9',
    ],
    ...[
      'é',
      'e\u0301',
      '\u200d',
      '\ufeff',
      'İ',
      '漢',
      '\ud83d',
      '😀',
      'Machine learning',
      'REST',
      'ß',
      '٣',
      '\0',
    ],
  );
  const text = fc.oneof(
    fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  const aTask = fc.record({ title: text, description: text, task_type: text }).map((fields) => {
    const spec = TaskSpec.parse({ title: 'x' });
    return { ...spec, ...fields };
  });

  it('is analysed without error, within the contract, and always alike', () => {
    fc.assert(
      fc.property(aTask, (task) => {
        const first = shipped.analyse(task, NOTHING_KNOWN);
        expect(TaskAnalysis.parse(first)).toEqual(first);
        expect(shipped.analyse(task, NOTHING_KNOWN)).toEqual(first);
        expect(shipped.wishesOf(task)).toEqual(shipped.wishesOf(task));
      }),
      { numRuns: 2_000 },
    );
  });

  it('means the same composed or not, and with any line ends', () => {
    fc.assert(
      fc.property(text, (description) => {
        const namesOf = (one: string) => analysed({ description: one }).skills.map(({ name }) => name);
        const plain = description.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
        expect(namesOf(description.normalize('NFD'))).toEqual(namesOf(description.normalize('NFC')));
        expect(namesOf(plain.replaceAll('\n', '\r\n'))).toEqual(namesOf(plain));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read up to a bound, which is said, and a word cut by it is not found', () => {
    const filler = `${'x'.repeat(99)} `.repeat(ANALYSED_CHARS_MAX / 100);
    const long = analysed({ description: `${filler}python` });
    expect(long).toMatchObject({ truncated: true, skills: [] });
    const cut = analysed({ description: `${filler.slice(0, -5)} javascript` });
    expect(cut).toMatchObject({ truncated: true, skills: [] });
    expect(analysed({ description: 'python' }).truncated).toBe(false);
  });

  // Each of these makes a careless matcher or regular expression quadratic.
  test.each([
    ['blanks', ' '],
    ['the beginning of a phrase', 'machine '],
    ['names in doubt', 'Go, '],
    ['one letter', 'a'],
    ['dots', '.'],
    ['addresses', '://'],
    ['list marks', '\n-\t '],
    ['versions', 'python3 and '],
    ['marks', 'e\u0301'],
  ])('takes time linear in its length: %s', (_, piece) => {
    const [short, long] = [2_000, 20_000].map((chars) => piece.repeat(chars / piece.length));
    // The same text in ten parts and whole, by turns: a busy machine holds up both alike, and the best of each counts.
    const ways = [Array.from({ length: 10 }, () => short), [long]];
    const bestMs = ways.map(() => Number.POSITIVE_INFINITY);
    for (let turn = 0; turn < 30; turn += 1)
      for (const [i, texts] of ways.entries()) {
        const startedAt = performance.now();
        for (const description of texts) analysed({ description });
        bestMs[i] = Math.min(bestMs[i] ?? 0, performance.now() - startedAt);
      }
    const [inParts = 0, whole = 0] = bestMs;
    // Quadratic would be ten times the time.
    expect(whole).toBeLessThan(Math.max(3 * inParts, 2));
  });
});
