import { dirname } from 'node:path';
import { Checks } from '../../credentials/check.ts';
import type { JsonObject } from '../../credentials/credential.ts';
import { createHttp } from '../../credentials/http.ts';
import { createAnchorStore } from '../../credentials/keys/anchors.ts';
import { type Anchored, createChainCheck, judgeChain, reportChain } from '../../credentials/keys/chain-check.ts';
import { createDidResolver } from '../../credentials/keys/did.ts';
import { createRevocationCheck } from '../../credentials/keys/revocation.ts';
import { readPemChain } from '../../credentials/keys/x509.ts';
import { type ExitCode, Failure } from '../failure.ts';
import { readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { openPolicy } from '../policy-file.ts';
import { checkLines } from '../show-judgement.ts';
import { clean, cleanDeep } from '../text.ts';

/** A person waits for the answer, so slow hosts get longer than in a node. */
const BUDGET_MS = 15_000;

/** @returns 1 unless every chain that is given leads to a trust anchor, and one is given */
export async function checkTrust(io: Io, target: string, { json }: { json?: boolean }): Promise<ExitCode> {
  const { path, data, allowPrivateNetwork, allowHosts, policy } = openPolicy(io);
  const clock = io.now;
  const http = createHttp({ allowPrivateNetwork, allow: allowHosts, userAgent: 'kontor trust' });
  const anchors = createAnchorStore({ rule: () => policy.anchors, base: dirname(path), cache: data, http, clock });
  try {
    const problem = await anchors.refresh();
    if (problem) io.err(`${clean(problem)}\n`);
    const checks = new Checks();
    const good: (Anchored & { key: string })[] = [];
    if (target.startsWith('did:')) {
      const check = createChainCheck({ anchors: anchors.store, require: () => true, http, clock });
      for (const method of await keysWithChain(target)) {
        const anchored = await check(target, method, checks, BUDGET_MS);
        if (anchored) good.push({ key: String(method.id), ...anchored });
      }
    } else {
      const read = readPemChain(Buffer.from(readFile(target)).toString('latin1'));
      if (!read.ok)
        throw new Failure(1, read.code, `${target}: ${read.detail}.`, 'The certificate of the key comes first.');
      const outcome = await judgeChain(
        read.value,
        {},
        anchors.store(),
        clock(),
        createRevocationCheck({ http, clock }),
      );
      const anchored = reportChain(outcome, target, true, checks);
      if (anchored) good.push({ key: target, ...anchored });
    }
    const ok = checks.failure === undefined;
    if (json) answer(io, { ok, target, checks: checks.list, anchored: good });
    else
      say(io, [
        `${io.paint('strong', clean(target))}  ${ok ? io.paint('good', 'good') : io.paint('bad', 'not good')}`,
        ...checkLines(io, cleanDeep(checks.list)),
      ]);
    return ok ? 0 : 1;
  } finally {
    await http.close();
  }

  async function keysWithChain(did: string): Promise<JsonObject[]> {
    const resolved = await createDidResolver({ http, clock, allowPrivateNetwork })(did);
    if (!resolved.ok) throw new Failure(1, resolved.code, `${resolved.detail}.`);
    const { verificationMethod, assertionMethod, authentication } = resolved.value;
    const methods = [verificationMethod, assertionMethod, authentication].flat() as (JsonObject | null | undefined)[];
    const chained = methods.filter((method): method is JsonObject => {
      const { x5c, x5u } = (method?.publicKeyJwk ?? {}) as JsonObject;
      return x5c !== undefined || x5u !== undefined;
    });
    if (chained.length === 0)
      throw new Failure(
        1,
        'untrusted',
        `None of the keys of ${did} has a certificate chain.`,
        'A chain stands in the publicKeyJwk of a key, as x5c or x5u.',
      );
    // A method may be written out under each purpose.
    return [...new Map(chained.map((method) => [JSON.stringify(method), method])).values()];
  }
}
