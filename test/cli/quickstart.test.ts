import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listingKey } from '../../src/catalogue/listing.ts';
import { freePort, KONTOR, ROOT, temporary } from './kontor.ts';

/*
 * The quickstarts are programs: every `sh` block of them is run as it stands, in order, with the real command in a
 * fresh folder. Only ports change, and what is made of them: ids and the key of the listing.
 */

interface Block {
  kind: 'run' | 'background' | 'stop';
  line: number;
  text: string;
}

function blocks(page: string): Block[] {
  const found: Block[] = [];
  let open: Block | undefined;
  for (const [at, line] of readFileSync(join(ROOT, 'docs', page), 'utf8')
    .split('\n')
    .entries()) {
    const fence = /^```(sh( background| stop)?)?/.exec(line);
    if (open && line === '```') open = undefined;
    else if (open) open.text += `${line}\n`;
    else if (fence?.[1]) {
      open = { kind: (fence[2]?.trim() as Block['kind'] | undefined) ?? 'run', line: at + 1, text: '' };
      found.push(open);
    }
  }
  return found;
}

const PORTS = ['8080', '8081', '8082', '8200', '8201'];
const offerAt = (port: string) => listingKey(`http://localhost:${port}/offers/vm`, `did:web:localhost%3A${port}`);

/** A folder like a fresh clone, on ports of its own. */
class Reader {
  readonly folder = temporary();
  readonly outputs: string[] = [];
  #ports = new Map<string, string>();
  #stops: (() => Promise<void>)[] = [];

  async begin(): Promise<void> {
    for (const port of PORTS) this.#ports.set(port, String(await freePort()));
    symlinkSync(KONTOR, join(this.folder.path, 'kontor'));
    mkdirSync(join(this.folder.path, 'examples'));
    cpSync(join(ROOT, 'examples/claims'), join(this.folder.path, 'examples/claims'), { recursive: true });
    const claims = join(this.folder.path, 'examples/claims');
    for (const file of readdirSync(claims)) {
      writeFileSync(join(claims, file), this.#here(readFileSync(join(claims, file), 'utf8')));
    }
  }

  /** @returns what it printed on standard output and standard error */
  async read(block: Block): Promise<string> {
    if (block.kind === 'stop') await this.stop();
    const background = block.kind === 'background';
    const node = this.#ports.get('8080')!;
    const child = spawn(
      'sh',
      [
        '-e',
        '-c',
        background
          ? this.#here(block.text).replace(/^((\w+=\S+ )*)\.\/kontor/, '$1exec ./kontor')
          : this.#here(block.text),
      ],
      {
        cwd: this.folder.path,
        env: {
          PATH: process.env.PATH,
          HOME: this.folder.path,
          KONTOR_PORT: node,
          KONTOR_NODE: `http://localhost:${node}`,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    const first = Promise.withResolvers<void>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (text.includes('\n')) first.resolve();
      });
    }
    const closed = once(child, 'close') as Promise<[number]>;
    if (background) {
      this.#stops.push(async () => {
        child.kill('SIGTERM');
        expect((await closed)[0]).toBe(0);
      });
      await Promise.race([first.promise, closed]);
      return output;
    }
    const [code] = await closed;
    expect(`exit ${code} of\n${block.text}${output}`).toMatch(/^exit 0/);
    this.outputs.push(output);
    return output;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
  }

  #here(text: string): string {
    const moved = text.replaceAll(offerAt('8200'), offerAt(this.#ports.get('8200')!));
    return moved.replace(/\b80\d\d\b|(?<=3A|:)820\d\b/g, (port) => this.#ports.get(port) ?? port);
  }
}

/** Declares one test a block; the check of an output is found by a word of its block. */
function follow(
  reader: Reader,
  page: string,
  expected: Record<string, (output: string) => void>,
  before?: string,
): void {
  const used = new Set<string>();
  for (const block of blocks(page)) {
    const first = block.text.trim().split('\n').at(-1)!;
    if (before !== undefined && block.text.includes(before)) break;
    test(`${page}:${block.line} ${first.slice(0, 90)}`, async () => {
      const output = await reader.read(block);
      for (const [word, check] of Object.entries(expected)) {
        if (!block.text.includes(word)) continue;
        used.add(word);
        check(output);
      }
    });
  }
  test(`${page} holds every command that is looked at here`, () => {
    expect([...used].sort()).toEqual(Object.keys(expected).sort());
  });
}

describe('provider, then buyer', () => {
  const reader = new Reader();
  beforeAll(() => reader.begin());
  afterAll(async () => {
    await reader.stop();
    reader.folder.remove();
  });

  follow(
    reader,
    'quickstart-provider.md',
    {
      'policy check': (output) => expect(output).toContain('Register for trying out'),
      'kontor check': (output) => {
        expect(output).toMatch(/ok {2}verify\.signature/);
        expect(output).toMatch(/gaia-x \[#---\] SC/);
        expect(output).toContain('Next: kontor publish offer.jwt');
      },
      'kontor publish': (output) => expect(output).toMatch(/Listed at http:\/\/localhost:\d+\/listings\/[\w-]{22}/),
      'kontor search': (output) => {
        expect(output).toContain('Fjordsky Compute');
        expect(output).toContain('Missing for L1');
      },
    },
    'kontor withdraw',
  );

  follow(reader, 'quickstart-buyer.md', {
    'kontor search': (output) => expect(output).toContain('Fjordsky'),
    'kontor show': (output) => expect(output).toContain('Verify it yourself'),
    'kontor explain': (output) => expect(output).toContain('P1.3.2'),
    'kontor check': (output) => expect(output).toMatch(/ok {2}verify\.signature/),
    'peers status': (output) => expect(output).toContain('own log'),
  });

  test('quickstart-provider.md, the end: withdrawing', async () => {
    const block = blocks('quickstart-provider.md').find(({ text }) => text.includes('kontor withdraw'))!;
    expect(await reader.read(block)).toContain('is withdrawn');
    expect(await reader.read({ ...block, text: './kontor search compute\n' })).toContain('Nothing matches');
  });
});

describe('operator', () => {
  const reader = new Reader();
  beforeAll(() => reader.begin());
  afterAll(async () => {
    await reader.stop();
    reader.folder.remove();
  });

  follow(reader, 'quickstart-operator.md', {
    'init --url': (output) => expect(output).toMatch(/token {3}kontor_[\w-]{32}/),
    'policy check': (output) => expect(output).toContain('good'),
    'curl -fs': (output) => expect(output).toContain('"id":"did:web:localhost%3A'),
    'peers add': (output) => expect(output).toContain('no longer pulls'),
    'tar xzf': (output) => expect(output).toContain('good'),
  });
});
