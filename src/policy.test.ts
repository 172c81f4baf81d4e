import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.ts';
import { admission, DEFAULT_POLICY, doubtsAbout, parsePolicy } from './policy.ts';

const faults = (text: string): string[] => {
  try {
    parsePolicy(text, 'policy.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('the policy file', () => {
  it('reads YAML and JSON, and takes what is absent from the default', () => {
    expect(parsePolicy('', 'p')).toEqual(DEFAULT_POLICY);
    expect(parsePolicy('trust:\n  # nobody yet\n', 'p').trust).toEqual([]);
    expect(parsePolicy('{"peers":[{"url":"https://peer.example/"}]}', 'p').peers).toEqual([
      { url: 'https://peer.example', pull: 60 },
    ]);
  });

  it('takes what a status rule does not say from the default', () => {
    expect(parsePolicy('status: {recheckSeconds: 60}', 'p').status).toEqual({
      unknown: 'hold',
      recheckSeconds: 60,
      keepSeconds: 86_400,
    });
  });

  it.each([
    [
      'publishers: closed',
      ['policy.yaml:1: publishers is "closed"; accepted: open, or a list of "- did: did:web:..."'],
    ],
    [
      'publishers:\n  - did: web:x',
      [
        'policy.yaml:2: publishers.0.did is "web:x"; accepted: a DID such as did:web:cloud.example (a port is written %3A)',
      ],
    ],
    ...['did:web:https://a.example', 'did:web:a b', 'did:web:a/b', 'did:web:', 'did:web:a:', 'did:*'].map(
      (did): [string, string[]] => [
        `trust:\n  - role: certificate\n    did: "${did}"`,
        [
          `policy.yaml:3: trust.0.did is "${did}"; accepted: a DID such as did:web:cloud.example (a port is written %3A)`,
        ],
      ],
    ),
    [
      'peers:\n  - http://peer',
      ['policy.yaml:2: peers.0 is "http://peer"; accepted: a list of "- url: https://peer.example"'],
    ],
    [
      'peers:\n  - url: https://a/b',
      [
        'policy.yaml:2: peers.0.url is "https://a/b"; accepted: scheme and host, such as https://peer.example, without a path',
      ],
    ],
    [
      'trust:\n  - did: did:web:a\n    role: king',
      [
        'policy.yaml:3: trust.0.role: "king" is not accepted. Accepted: registration-number, certificate, assessment-body, clearing-house',
      ],
    ],
    ['status:\n  unknown: fine', ['policy.yaml:2: status.unknown: "fine" is not accepted. Accepted: hold, refuse']],
    ['status:\n  recheckSeconds: 0', ['policy.yaml:2: status.recheckSeconds is 0: must be >= 1']],
    ['trust:\n  - role: certificate', ['policy.yaml:2: trust.0: "did" is missing']],
    [
      'trusts: []',
      [
        'policy.yaml:1: the policy: "trusts" is not known. Known: publishers, peers, authorities, trust, anchors, status, limits',
      ],
    ],
    [
      'anchors:\n  files: eu.pem',
      [
        'policy.yaml:2: anchors.files is "eu.pem"; accepted: a list of PEM files or folders, such as "- anchors/eu.pem"',
      ],
    ],
    ['anchors:\n  require: maybe', ['policy.yaml:2: anchors.require is "maybe"; accepted: true or false']],
    [
      'anchors:\n  registry: registry.example',
      [
        'policy.yaml:2: anchors.registry is "registry.example"; accepted: an address that serves a PEM bundle, such as https://registry.example/anchors.pem',
      ],
    ],
    [
      'trust:\n  - did: did:web:a\n    role: certificate\n    until: 31.12.2027',
      ['policy.yaml:4: trust.0.until is "31.12.2027"; accepted: a date such as 2027-12-31'],
    ],
  ])('%j is told by line, in sentences', (text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  it('tells a syntax error with its line', () => {
    expect(faults('peers:\n - url: "x')[0]).toMatch(/line 2/);
  });

  it('doubts what is allowed and hardly meant', () => {
    const policy = parsePolicy(
      'peers: [{url: "https://a"}, {url: "https://a"}]\ntrust:\n  - {did: "did:web:localhost:9560", role: certificate}\n  - {did: "did:web:a", role: certificate, until: "2020-01-01"}\nauthorities:\n  - {did: "did:web:b", labels: ["gaia-x:L9"]}',
      'p',
    );
    const doubts = doubtsAbout(policy, new Date('2026-11-21T00:00:00Z'), [{ id: 'gaia-x', levels: [{ id: 'SC' }] }]);
    expect(doubts).toHaveLength(4);
    expect(doubtsAbout(DEFAULT_POLICY, new Date(), [])).toEqual([]);
  });

  it('doubts anchors that no key can lead to, and a registry that anybody between may answer for', () => {
    const doubts = (text: string) => doubtsAbout(parsePolicy(text, 'p'), new Date());
    expect(doubts('anchors: {require: true}')[0]).toMatch(/no key can count/);
    expect(doubts('anchors: {registry: "http://a/b.pem"}')[0]).toMatch(/not asked over https/);
    expect(doubts('anchors: {require: true, files: [eu.pem]}')).toEqual([]);
    expect(doubts('trust: [{did: "did:web:a", role: clearing-house, schemes: [c5]}]')[0]).toMatch(/clearing houses/);
  });

  it('admits whom it names, for the subjects it names', () => {
    const policy = parsePolicy('publishers:\n  - did: did:web:a\n    subjects: ["https://x/*"]', 'p');
    expect(admission(policy, 'did:web:a')).toEqual({ subjects: ['https://x/*'] });
    expect(admission(policy, 'did:web:b')).toBeUndefined();
    expect(admission(DEFAULT_POLICY, 'did:web:b')).toEqual({ subjects: [] });
  });
});
