import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy.ts';
import { contextFiles, readServices, readStages } from './recipe.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const stages = readStages(read('Dockerfile'));
const services = readServices(read('compose.yaml'));

describe('the image', () => {
  const packed = contextFiles(root, read('.dockerignore'));

  it('gets what a node needs', () => {
    for (const file of [
      'package.json',
      'package-lock.json',
      '.npmrc',
      'kontor',
      'src/main.ts',
      'shapes/contexts/index.json',
      'docs/checks.md',
      'docs/checks/verify.signature.md',
    ])
      expect(packed).toContain(file);
  });

  it('gets no tests, no demo and nothing beside the program', () => {
    const needed = /^(package(-lock)?\.json|\.npmrc|kontor|src\/.*|shapes\/.*|docs\/checks(\.md|\/.*))$/;
    expect(packed.filter((file) => !needed.test(file) || /\.test\.ts$|^shapes\/tools\//.test(file))).toEqual([]);
  });

  it('has the Node that the project is tested with, and starts as npm start does', () => {
    const { scripts, devDependencies } = JSON.parse(read('package.json'));
    expect(new Set(stages.map((stage) => stage.from))).toEqual(new Set([`node:${devDependencies.node}-bookworm-slim`]));
    expect(
      stages
        .at(-1)!
        .steps.findLast((step) => step.name === 'CMD')!
        .words.join(' '),
    ).toBe(scripts.start);
  });
});

describe('compose.yaml', () => {
  it.each(services)('$name pulls from all the others of its profile', ({ environment, mounts, profiles }) => {
    const folder = mounts.find((mount) => mount.target === dirname(environment.KONTOR_POLICY!))!;
    const { peers } = readPolicy(join(root, folder.source, 'policy.yaml'));
    const others = services
      .filter((service) => service.profiles.some((profile) => profiles.includes(profile)))
      .map((service) => service.environment.KONTOR_URL)
      .filter((url) => url !== environment.KONTOR_URL);
    expect(peers.map((peer) => peer.url).sort()).toEqual(others.sort());
  });

  it.each([
    ['one', ['alpha']],
    ['federation', ['alpha-federated', 'beta', 'gamma']],
  ])('profile %s publishes the port of every node it starts, and no other', (profile, names) => {
    const started = services.filter((service) => service.profiles.includes(profile));
    expect(started.map((service) => service.name)).toEqual(names);
    const urls = started.map((service) => Number(new URL(service.environment.KONTOR_URL!).port));
    expect(started.flatMap((service) => service.ports).sort()).toEqual(urls.sort());
  });

  it('starts no service that both profiles would want at one port', () => {
    expect(services.filter((service) => service.profiles.length !== 1)).toEqual([]);
  });
});

describe('contextFiles', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-context-'));
  for (const file of ['a.ts', '.b', 'src/a.ts', 'src/a.test.ts', 'src/deep/b.test.ts', 'src/deep/b.ts', 'src2/c.ts']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }

  it.each([
    ['*\n!src\n**/*.test.ts', ['src/a.ts', 'src/deep/b.ts']],
    ['*\n!src/deep', ['src/deep/b.test.ts', 'src/deep/b.ts']],
    ['**/deep\n*.ts\nsrc2', ['.b', 'src/a.test.ts', 'src/a.ts']],
    ['src?\n# a word\n**', []],
  ])('%j', (rules, files) => expect(contextFiles(folder, rules)).toEqual(files));
});

it('does not pass over what it does not understand', () => {
  expect(() => readStages('FROM node:24\nADD https://example.org/x /x')).toThrow(/not understood: ADD/);
  expect(() => readServices('services: { a: { build: ., privileged: true } }')).toThrow(/privileged/);
  expect(() => readServices('services: { a: { build: ., volumes: ["/a:/b:rw"] } }')).toThrow(/:rw/);
});
