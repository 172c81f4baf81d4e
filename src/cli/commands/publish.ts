import type { Judgement } from '../../catalogue/judgement.ts';
import { explained, nextStep } from '../check-advice.ts';
import { nodeUrl, submit } from '../client.ts';
import type { ExitCode } from '../failure.ts';
import { readInput } from '../input.ts';
import type { Io } from '../io.ts';
import { levelsOf } from '../levels.ts';
import { say } from '../output.ts';
import { refusePrivateKey, requireSigned } from '../secrets.ts';
import { judgementLines } from '../show-judgement.ts';
import { clean, cleanDeep, safeJson, shell } from '../text.ts';
import { upTo } from '../up-to.ts';

interface Options {
  node?: string;
  dryRun?: boolean;
  json?: boolean;
}

export async function publish(io: Io, files: string[], options: Options): Promise<ExitCode> {
  const node = nodeUrl(io, options.node);
  const path = options.dryRun ? '/api/v1/credentials/check' : '/api/v1/credentials';
  // All are read before any is sent: a mistyped name must not leave half of them published.
  const inputs = [];
  for (const file of files) inputs.push(await readInput(io, file));
  inputs.forEach(refusePrivateKey);
  inputs.forEach(requireSigned);
  const levels = levelsOf(io);
  let exit: ExitCode = 0;
  for (const input of inputs) {
    const answered = await submit(io, node, path, input);
    const judgement = options.dryRun ? upTo('label', answered) : answered;
    if (!judgement.ok) exit = 1;
    if (options.json) io.out(`${safeJson({ file: input.name, ...judgement }, 0)}\n`);
    else {
      const end = [...explained(judgement, node), ...ending(judgement, input.name, node, options)];
      const report = judgementLines(io, cleanDeep(judgement), input.name, levels);
      say(io, [...(input === inputs[0] ? [] : ['']), ...report, ...(end.length > 0 ? ['', ...end] : [])]);
    }
  }
  return exit;
}

function ending(judgement: Judgement, file: string, node: string, { dryRun }: Options): string[] {
  const at = ` --node ${shell(node)}`;
  if (judgement.code === 'key-unavailable')
    return [
      dryRun
        ? `Nothing was stored. Next: host the document that ./kontor did KEY.json prints, then ./kontor publish ${shell(file)}${at}`
        : 'Next: host the document that ./kontor did KEY.json prints; the node then takes it by itself, or publish it again in a minute',
    ];
  if (!judgement.ok) {
    const next = nextStep(judgement, `./kontor check ${shell(file)}`);
    return [...(dryRun ? [] : listed(judgement, node).map(({ place }) => place)), ...(next ? [next] : [])];
  }
  if (dryRun) return [`Nothing was stored. Next: ./kontor publish ${shell(file)}${at}`];
  return listed(judgement, node).flatMap(({ place, next }) => [place, next]);
}

/** Where everything that is listed now is found, and what to look at. */
function listed(judgement: Judgement, node: string): { place: string; next: string }[] {
  return (judgement.items ?? [judgement]).flatMap(({ ok, kind, listing, labels }) => {
    if (!ok || !listing || kind !== 'listing') return [];
    const next = labels?.some((label) => label.next) ? 'explain' : 'show';
    return [
      {
        // The report of a single credential begins with its name.
        place: `Listed at ${node}/listings/${listing.key}${judgement.items ? ` as "${clean(listing.name)}"` : ''}`,
        next: `Next: ./kontor ${next} ${shell(listing.key)} --node ${shell(node)}`,
      },
    ];
  });
}
