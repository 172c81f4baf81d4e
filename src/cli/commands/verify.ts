import { existsSync } from 'node:fs';
import { type BundleReport, type DecisionVerdict, type PartVerdict, verifyBundle } from '../../bundle/verify.ts';
import { readConfig } from '../../config.ts';
import { readPolicy } from '../../policy.ts';
import { readDidDocuments } from '../did-documents.ts';
import { type ExitCode, Failure, wrongUsage } from '../failure.ts';
import { readFile } from '../input.ts';
import type { Io } from '../io.ts';
import { answer, say } from '../output.ts';
import { cleanDeep, count, time, wrap } from '../text.ts';

export async function verify(
  io: Io,
  file: string,
  options: { trust?: string; at?: Date; did?: string[]; json?: boolean },
): Promise<ExitCode> {
  const bytes = file === '-' ? await io.stdin() : readFile(file);
  const dids = new Map((options.did ?? []).flatMap((path) => [...readDidDocuments(path)]));
  const verified = await verifyBundle(bytes, {
    shapesDir: readConfig(io.env).shapes,
    ...(options.trust ? { trust: trustIn(options.trust) } : {}),
    ...(options.at ? { at: options.at } : {}),
    dids,
  });
  if (!verified.ok) throw new Failure(1, verified.code, verified.detail);
  const report = verified.value;
  const inside = report.parts.flatMap(({ part }) => /^did\/(\S+)/.exec(part)?.[1] ?? []);
  if (dids.size > 0 && inside.length > 0 && !inside.some((did) => dids.has(did)))
    throw wrongUsage(
      `The bundle has no DID document of ${[...dids.keys()].slice(0, 3).join(', ')}.`,
      `It has those of ${inside.join(', ')}.`,
    );
  if (options.json) answer(io, report);
  else say(io, lines(io, cleanDeep(report)));
  return report.ok ? 0 : report.intact ? 3 : 1;
}

function trustIn(file: string) {
  if (!existsSync(file))
    throw wrongUsage(
      `There is no file ${file}.`,
      '--trust takes a policy file whose "trust" names who may vouch for what.',
    );
  return readPolicy(file).trust;
}

const HEADS: [PartVerdict['result'], string, 'good' | 'bad' | 'attention' | 'quiet'][] = [
  ['failed', 'Failed', 'bad'],
  ['unknown', 'Could not be checked', 'attention'],
  ['proven', 'Proven', 'good'],
  ['trusted', 'Taken on faith', 'attention'],
];

function lines(io: Io, report: BundleReport): string[] {
  const { listing, made, parts, decisions, faith, at } = report;
  const named = new Map(parts.map(({ part, what }) => [part, what]));
  const sections = HEADS.flatMap(([result, title, style]) => {
    const own = parts.filter((one) => one.result === result);
    const rest = result === 'trusted' ? faith.map((why) => `  ${wrap(why, io.width, 2)}`) : [];
    if (own.length === 0 && rest.length === 0) return [];
    return [
      '',
      io.paint(style, `${title}: ${count(own.length, 'part')}`),
      ...own.map(
        ({ part, what, by }) => `  ${wrap(`${[part, ...(what ? [what] : [])].join(', ')}: ${by}`, io.width, 6, 2)}`,
      ),
      ...rest,
    ];
  });
  return [
    `${listing.name} (${listing.id})`,
    `Bundle by ${made.node}, Kontor ${made.kontor}, as of ${time(made.at)}${at ? `; decided here as of ${time(at)}` : ''}`,
    ...sections,
    ...(decisions.length > 0
      ? ['', io.paint('strong', 'Decisions'), ...decisions.flatMap((one) => decisionLines(io, one, named))]
      : []),
    '',
    ...verdict(io, report),
  ];
}

/** Whether the bundle is what it says; and where the reader asked by a list or time of its own, what then is another. */
function verdict(io: Io, { ok, intact, trust, at, state, decisions }: BundleReport): string[] {
  if (!intact) return [io.paint('bad', 'The bundle does not hold.')];
  if (trust === 'bundle' && !at) return [io.paint('good', 'The bundle holds.')];
  const asked = [
    ...(trust === 'reader' ? ['By your list'] : []),
    ...(at ? [`${trust === 'reader' ? 'a' : 'A'}s of ${time(at)}`] : []),
  ];
  const others = decisions.flatMap(({ scheme, level, basis, here }) => {
    if (!here || (here.level === level && here.basis === basis)) return [];
    if (here.level === level) return [`${scheme} ${level}, ${here.basis} instead of ${basis}`];
    return [`${scheme} ${here.level ?? 'none'}${here.level && level ? ` instead of ${level}` : ''}`];
  });
  const ended = state ? [`the listing is ${state}`] : [];
  const differ = [...ended, ...others].join(', ') || 'the same levels';
  return [
    `${io.paint('good', 'The bundle is intact.')} ${wrap(`${asked.join(', ')}: ${io.paint(ok ? 'good' : 'attention', differ)}.`, io.width, 2, 23)}`,
  ];
}

function decisionLines(
  io: Io,
  { scheme, level, basis, same, here }: DecisionVerdict,
  named: Map<string, string | undefined>,
): string[] {
  const said = `${scheme}: ${level ? `${level}, ${basis}` : 'no level'}`;
  if (same || !here) return [`  ${said}, the same here`];
  const now = here.level ? `${here.level}, ${here.basis}` : 'no level';
  return [
    `  ${said}; here: ${io.paint('attention', now)}`,
    ...here.without.map((part) => `    ${wrap(`does not count here: ${named.get(part) ?? part}`, io.width, 6, 4)}`),
    ...here.criteria.map(
      ({ id, was, is, why }) => `    ${wrap(`${id}: was ${was}, here ${is}: ${why}`, io.width, 6, 4)}`,
    ),
  ];
}
