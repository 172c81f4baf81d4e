import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listingKey } from '../../src/catalogue/listing.ts';
import { freePort, KONTOR, ROOT, temporary } from './kontor.ts';

/*
 * The quickstarts are programs: every `sh` block of them is run as it stands, in order, with the real command in a
 * fresh folder. Only ports change, and what is made of them: ids and the key of a listing.
 */

export interface Block {
  kind: 'run' | 'background' | 'stop';
  line: number;
  text: string;
}

export function blocks(page: string): Block[] {
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
export class Reader {
  readonly folder = temporary();
  readonly outputs: string[] = [];
  #ports = new Map<string, string>();
  #stops: (() => Promise<void>)[] = [];

  /** @param node port of a node that runs already */
  async begin(node?: number): Promise<void> {
    for (const port of PORTS) this.#ports.set(port, String(await freePort()));
    if (node) this.#ports.set('8080', String(node));
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
    // A reader writes a key that the last search printed in place of KEY.
    const key = this.outputs.flatMap((output) => /\n {2}key ([\w-]{22})\n/.exec(output)?.[1] ?? []).at(-1);
    const keyed = key ? moved.replace(/\bKEY\b/g, key) : moved;
    return keyed.replace(/\b80\d\d\b|(?<=3A|:)820\d\b/g, (port) => this.#ports.get(port) ?? port);
  }
}

/** Declares one test a block; the check of an output is found by a word of its block. */
export function follow(
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
