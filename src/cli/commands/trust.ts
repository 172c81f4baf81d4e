import { existsSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { mandateRuns } from '../../compliance/basis.ts';
import { fetchedAt, readAnchors, registryCopy } from '../../credentials/keys/anchors.ts';
import type { Anchor } from '../../credentials/keys/chain.ts';
import { parseDayOrTime } from '../../credentials/time.ts';
import { isDid, type TrustRule } from '../../policy.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { openSchemes, statable } from '../held-schemes.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { editPolicy, listAt, openPolicy, removeFrom } from '../policy-file.ts';
import { clean, cleanDeep, count, day, shell, time } from '../text.ts';
import { lockedOut, readStore, worthOf } from '../trust-store.ts';
import { VOUCHES_FOR } from '../vouches-for.ts';

interface Options {
  json?: boolean;
}

/** Long enough to tell certificates apart, short enough to type. */
const SHORT = 16;
const LEAST = 8;

export function listTrust(io: Io, { json }: Options): ExitCode {
  const { path, data, policy } = openPolicy(io);
  const { registry, require = false } = policy.anchors ?? {};
  const now = io.now();
  const store = readStore({ path, data, policy }, now);
  const { anchors, crls } = store;
  const problems = [...store.problems, ...lockedOut(policy, store, now).map((one) => `${one}.`)];
  const copied = registry && fetchedAt(registryCopy(data, registry))?.toISOString();
  const found = cleanDeep({
    policy: path,
    require,
    anchors: anchors.map((anchor) => shown(anchor, now)),
    revocationLists: crls.length,
    ...(registry ? { registry: { url: registry, fetched: copied ?? null } } : {}),
    problems,
    trust: policy.trust.map((rule) => ({ ...rule, running: mandateRuns(rule, now) })),
    authorities: policy.authorities,
  });
  if (json) {
    answer(io, found);
    return 0;
  }
  const running = (yes: boolean) => (yes ? io.paint('good', 'counts') : io.paint('attention', 'counts not now'));
  say(io, [
    io.paint('strong', 'Trust anchors'),
    ...(found.anchors.length === 0 ? ['  none; add one with kontor trust anchors add FILE.pem'] : []),
    ...found.anchors.flatMap((one) => [
      `  ${one.subject}  ${running(one.running)}`,
      `    ${one.fingerprint.slice(0, SHORT)}  ${day(one.from)} to ${day(one.until)}, from ${one.file}`,
      ...one.doubts.map((doubt) => `    ${io.paint('attention', '!')}  ${doubt}`),
    ]),
    ...(found.revocationLists > 0 ? [`  with ${count(found.revocationLists, 'revocation list')}`] : []),
    ...(found.registry ? [`  registry ${found.registry.url}, last fetched ${time(found.registry.fetched)}`] : []),
    ...found.problems.map((problem) => `  ${io.paint('attention', '!')}  ${problem}`),
    `  ${require ? 'Every key needs a chain that leads to one of them.' : 'A key needs no chain; one that is given must hold.'}`,
    '',
    io.paint('strong', 'Who may vouch'),
    ...(found.trust.length === 0 ? ['  nobody: nothing is "verified" by third parties'] : []),
    ...found.trust.flatMap(({ did, name, role, schemes, from, until, running: runs }) => [
      `  ${name ?? did}  ${running(runs)}`,
      `    ${name ? `${did}, ` : ''}for ${VOUCHES_FOR[role]}${schemes ? ` (${schemes.join(', ')})` : ''}${from ? ` from ${from}` : ''}${until ? ` until ${until}` : ''}`,
    ]),
    '',
    io.paint('strong', 'Whose labels count beside its own'),
    ...(found.authorities.length === 0 ? ['  nobody'] : []),
    ...found.authorities.map(({ did, labels }) => `  ${did}: ${labels?.join(', ') ?? 'all labels'}`),
  ]);
  return 0;
}

const shown = (anchor: Anchor, now: Date) => {
  const { subject, fingerprint, from, until } = anchor.certificate;
  const { counts, doubts } = worthOf(anchor, now);
  const dates = { from: from.toISOString(), until: until.toISOString() };
  return { subject, fingerprint, ...dates, running: counts, doubts, file: anchor.from };
};

interface AddOptions extends Options {
  role: TrustRule['role'];
  name?: string;
  scheme?: string[];
  from?: string;
  until?: string;
}

export function addTrust(io: Io, did: string, options: AddOptions): ExitCode {
  const { role, name, scheme, from, until } = options;
  if (!isDid(did))
    throw wrongUsage(`"${clean(did)}" is no DID.`, 'Write it as did:web:auditor.example; a port is written %3A.');
  const rule: TrustRule = {
    did,
    ...(name ? { name } : {}),
    role,
    ...(scheme ? { schemes: scheme } : {}),
    ...(from ? { from } : {}),
    ...(until ? { until } : {}),
  };
  const same = (one: TrustRule) =>
    (Object.keys({ ...one, ...rule }) as (keyof TrustRule)[]).every(
      (member) => JSON.stringify(one[member]) === JSON.stringify(rule[member]),
    );
  if (openPolicy(io).policy.trust.some(same))
    return told(io, options, { changed: false, rule }, [
      `${clean(did)} stands there already, just so; nothing was changed.`,
    ]);
  // A second entry would not narrow the first: both would count.
  if (
    openPolicy(io).policy.trust.some(
      (one) => one.did === did && one.role === role && one.schemes?.join() === scheme?.join(),
    )
  )
    throw new Failure(
      1,
      'outdated',
      `${clean(did)} stands there already as ${role}, with other dates or another name.`,
      `Remove it first: ./kontor trust remove ${shell(did)} --role ${role}`,
    );
  for (const [option, date] of Object.entries({ from, until }))
    if (date !== undefined && !parseDayOrTime(date))
      throw wrongUsage(`--${option} ${clean(date)} is no date.`, 'Write it as 2027-01-31.');
  if (from && until && until <= from) throw wrongUsage('--until lies before --from.', 'Give an end after the begin.');
  const edited = editPolicy(io, (document) => {
    listAt(document, ['trust']).add(document.createNode(rule));
  });
  const { path } = edited;
  const doubts = [...(scheme ? unknownSchemes(io, scheme) : []), ...edited.doubts];
  return told(io, options, { changed: true, policy: path, rule, doubts }, [
    `${clean(name ?? did)} may vouch for ${VOUCHES_FOR[role]}${mandate(from, until)}: ${clean(path)}`,
    ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
    'Next: ./kontor trust list',
  ]);
}

/** A mandate for a scheme that nobody has counts for nothing, and reads as if it did. */
function unknownSchemes(io: Io, schemes: string[]): string[] {
  const known = statable(openSchemes(io).held);
  return schemes
    .filter((one) => !known.includes(one))
    .map((one) => `No scheme here asks for certificates of "${one}"; known are ${known.sort().join(', ')}`);
}

/** A day that exists, alone or with a time. */
const mandate = (from?: string, until?: string): string =>
  `${from ? ` from ${from}` : ' from now on'}${until ? ` until ${until}` : ''}`;

export function removeTrust(io: Io, did: string, options: Options & { role?: string }): ExitCode {
  const { role } = options;
  const fits = (entry: unknown) => {
    const rule = entry as TrustRule;
    return rule.did === did && (role === undefined || rule.role === role);
  };
  if (!openPolicy(io).policy.trust.some(fits))
    throw new Failure(
      1,
      'not-found',
      `${did} may vouch for nothing${role ? ` as ${role}` : ''}.`,
      'kontor trust list shows who may.',
    );
  let removed = 0;
  const { path, doubts } = editPolicy(io, (document) => {
    removed = removeFrom(listAt(document, ['trust']), fits);
  });
  return told(io, options, { removed, policy: path, doubts }, [
    `${clean(did)} vouches no more${role ? ` as ${role}` : ''}: ${count(removed, 'entry', 'entries')} taken out of ${path}`,
    ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${clean(doubt)}.`),
  ]);
}

export function addAnchors(io: Io, file: string, options: Options): ExitCode {
  const full = resolve(file);
  if (!existsSync(full)) throw wrongUsage(`There is no file ${file}.`, 'A PEM file with certificates is needed.');
  const { anchors, crls, problems } = readAnchors([full]);
  const [problem] = problems;
  if (problem)
    throw new Failure(1, 'malformed', `${problem}.`, 'Anchors are certificates in PEM form; nothing was changed.');
  const policyPath = openPolicy(io).path;
  const below = relative(dirname(policyPath), full);
  const named = below.startsWith('..') || isAbsolute(below) ? full : below;
  const before = openPolicy(io).policy.anchors?.files ?? [];
  const stands = before.some((one) => resolve(dirname(policyPath), one) === full);
  if (!stands)
    editPolicy(io, (document) => {
      listAt(document, ['anchors', 'files']).add(document.createNode(named));
    });
  const now = io.now();
  const added = anchors.map((anchor) => shown(anchor, now));
  return told(io, options, { changed: !stands, policy: policyPath, anchors: added, revocationLists: crls.length }, [
    stands ? `${file} stands in the policy already; nothing was changed.` : `Trusted from now on: ${policyPath}`,
    ...cleanDeep(added).flatMap((one) => [
      `  ${one.subject}`,
      `    ${one.fingerprint.slice(0, SHORT)}  until ${day(one.until)}`,
      ...one.doubts.map((doubt) => `    ${io.paint('attention', '!')}  ${doubt}`),
    ]),
    ...(crls.length > 0 ? [`  ${count(crls.length, 'revocation list')}`] : []),
    'Next: ./kontor trust list',
  ]);
}

export function removeAnchor(io: Io, fingerprint: string, options: Options): ExitCode {
  const wanted = fingerprint.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]+$/.test(wanted) || wanted.length < LEAST)
    throw wrongUsage(
      `${fingerprint} is no fingerprint.`,
      `At least ${LEAST} hexadecimal digits of a SHA-256, as kontor trust list shows.`,
    );
  const { path, policy, data } = openPolicy(io);
  const { anchors } = readStore({ path, policy, data }, io.now());
  const fitting = anchors.filter(({ certificate }) => certificate.fingerprint.startsWith(wanted));
  const [first] = fitting;
  if (!first)
    throw new Failure(
      1,
      'not-found',
      `No trust anchor has the fingerprint ${wanted}.`,
      'kontor trust list shows them.',
    );
  if (new Set(fitting.map(({ certificate }) => certificate.fingerprint)).size > 1)
    throw wrongUsage(`${wanted} is the beginning of ${fitting.length} fingerprints.`, 'Give more of it.');
  const files = [...new Set(fitting.map(({ from }) => from))];
  const names = (file: string) => resolve(dirname(path), file);
  for (const file of files) {
    const others = anchors.filter(({ from }) => from === file).length - 1;
    const listed = (policy.anchors?.files ?? []).some((one) => names(one) === file);
    if (!listed || others > 0)
      throw new Failure(
        1,
        'shared',
        `${clean(first.certificate.subject)} stands in ${file}${others > 0 ? ` with ${count(others, 'other')}` : ''}.`,
        file === policy.anchors?.registry
          ? 'The registry decides; take "registry" out of the policy to trust none of its anchors.'
          : 'Take the certificate out of that file; a running node sees it within a second.',
      );
  }
  editPolicy(io, (document) => {
    removeFrom(listAt(document, ['anchors', 'files']), (file) => files.includes(names(String(file))));
  });
  const left = openPolicy(io);
  const doubts = lockedOut(left.policy, readStore(left, io.now()), io.now());
  return told(io, options, { removed: files, fingerprint: first.certificate.fingerprint, policy: path, doubts }, [
    `${clean(first.certificate.subject)} is trusted no more: ${files.map((file) => shell(file)).join(', ')} taken out of ${path}`,
    ...doubts.map((doubt) => `  ${io.paint('attention', '!')}  ${doubt}.`),
  ]);
}

function told(io: Io, { json }: Options, value: object, lines: string[]): ExitCode {
  if (json) answer(io, { ok: true, ...value });
  else say(io, lines);
  return 0;
}
