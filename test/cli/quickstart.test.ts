import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocks, follow, Reader } from './reader.ts';

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
        expect(output).toContain('Next: ./kontor publish offer.jwt');
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
    'kontor explain': (output) => expect(output).toMatch(/gaia-x.* SC/),
    'kontor bundle': (output) => expect(output).toContain('The bundle holds.'),
    'kontor check': (output) => {
      expect(output).toMatch(/ok {2}verify\.signature/);
      expect(output).toContain('says the same: gaia-x SC');
    },
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
    'schemes add': (output) => {
      expect(output).toContain('All hold.');
      expect(output).toContain('Added: Harbour Green, edition 2026-11');
    },
    'shapes add': (output) => expect(output).toContain('1 shape with a target'),
    'rehearse --policy': (output) => {
      expect(output).toContain('Nothing was changed.');
      expect(output).not.toContain('Nothing is planned.');
    },
    'schemes remove': (output) => {
      expect(output).toContain('Removed: Harbour Green');
      expect(output).toContain('Removed: seats-1');
    },
    'tar xzf': (output) => expect(output).toContain('good'),
  });
});

describe.runIf(spawnSync('openssl', ['version']).status === 0)('a chain of certificates', () => {
  const reader = new Reader();
  beforeAll(() => reader.begin());
  afterAll(async () => {
    await reader.stop();
    reader.folder.remove();
  });

  follow(reader, 'trust.md', {
    '--serve': (output) => expect(output).toContain('Hosting did:web:localhost%3A'),
    'trust check': (output) => {
      expect(output).toContain('CN=Authority for trying  counts');
      expect(output).toMatch(/chain\.pem {2}good/);
      expect(output).toMatch(/did:web:localhost%3A\d+ {2}good\n.*ok {2}verify\.chain/);
    },
  });
});
