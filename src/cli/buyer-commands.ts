import { type Command, Option } from 'commander';
import type { ExitCode } from './failure.ts';
import type { Io } from './io.ts';
import { collect, examples, JSON_OPTION, NODE_OPTION, timeOf, wholeNumber } from './options.ts';

/** Commands of a buyer. */
export function buyerCommands(program: Command, io: Io, end: (code: ExitCode) => void): void {
  program
    .command('search')
    .summary('search the catalogue')
    .description(
      'Search listings. Values of one filter are alternatives, filters add up; labels are minimum levels, and all must hold.',
    )
    .argument('[words...]', 'words to look for')
    .option(
      '--kind <kind>',
      'offering, data-product, participant or resource (repeatable; default: the first two)',
      collect,
    )
    .option('--type <type>', 'type, such as gx:ServiceOffering (repeatable)', collect)
    .option(
      '--country <code>',
      'where its data is stored, processed or hosted, maybe elsewhere too, such as NO; EU or EEA: any of their members; unknown (repeatable)',
      collect,
    )
    .option('--label <scheme:level>', 'this level or better, such as gaia-x:SC (repeatable)', collect)
    .option('--provider <did>', 'provider (repeatable)', collect)
    .option(
      '--certification <scheme>',
      'certificate scheme, such as bsi-c5: verified; otherwise bsi-c5:attested, :claimed, :lapsed or :unknown (repeatable)',
      collect,
    )
    .option(
      '--law <country>',
      'country outside the EU and EEA whose law reaches it, such as US; eu-eea: none does, as stated; unknown (repeatable)',
      collect,
    )
    .option('--exit <value>', 'what is said about leaving (repeatable)', collect)
    .option('--openness <value>', 'open interface or licence (repeatable)', collect)
    .option('--ai <value>', 'what is said about AI (repeatable)', collect)
    .option('--energy <value>', 'energy source (repeatable)', collect)
    .addOption(
      new Option('--basis <basis>', 'weakest basis a label may have to count').choices([
        'claimed',
        'attested',
        'verified',
      ]),
    )
    .addOption(new Option('--sort <order>', 'order of the answers').choices(['relevance', 'recent', 'name']))
    .option('--limit <number>', 'answers a page', wholeNumber(1, 100))
    .option('--cursor <cursor>', 'continue where the page before ended')
    .option('--facets <names>', 'counts to show, separated by commas, such as type,country,label')
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor search',
        'kontor search object storage --country SE --country NO',
        'kontor search backup --law eu-eea --certification bsi-c5 --certification bsi-c5:lapsed',
        'kontor search --label gaia-x:L1 --sort recent --limit 5 --json',
      ),
    )
    .action(async (words, options) => end(await (await import('./commands/search.ts')).search(io, words, options)));

  program
    .command('show')
    .summary('show a listing')
    .description('Show one listing: what buyers ask, labels, certificates, credential, history.')
    .argument('<listing>', 'key of the listing, its URL, or the id of its subject')
    .option('--issuer <did>', 'who published it, where the id does not say')
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor show Zk3v0c2mW1q8yXo4b7Jh9A',
        'kontor show https://catalogue.example.org/listings/Zk3v0c2mW1q8yXo4b7Jh9A --json',
      ),
    )
    .action(async (listing, options) => end(await (await import('./commands/show.ts')).show(io, listing, options)));

  program
    .command('explain')
    .summary('say why a listing has its labels, and what is missing for the next')
    .description('Criterion by criterion: met or not, by what, on whose word, and what is missing for the next level.')
    .argument('<listing>', 'key of the listing, its URL, or the id of its subject')
    .option('--issuer <did>', 'who published it, where the id does not say')
    .option('--scheme <scheme>', 'one scheme only, such as gaia-x')
    .option('--at <time>', 'the labels that held at this time, and how each ended', timeOf)
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor explain Zk3v0c2mW1q8yXo4b7Jh9A',
        'kontor explain Zk3v0c2mW1q8yXo4b7Jh9A --scheme gaia-x --json',
        'kontor explain Zk3v0c2mW1q8yXo4b7Jh9A --at 2027-01-31',
      ),
    )
    .action(async (listing, options) =>
      end(await (await import('./commands/explain.ts')).explain(io, listing, options)),
    );

  program
    .command('bundle')
    .summary('take away everything that the labels of a listing rest on, in one file')
    .description(
      'The evidence bundle of a listing: credentials, DID documents, status lists, schemes, trust list, decisions, labels and log proof, as they are now.',
    )
    .argument('<listing>', 'key of the listing, its URL, or the id of its subject')
    .option('--out <file>', 'file to write (default: the standard output)')
    .option('--issuer <did>', 'who published it, where the id does not say')
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', examples('kontor bundle Zk3v0c2mW1q8yXo4b7Jh9A --out offer.bundle.json'))
    .action(async (listing, options) => end(await (await import('./commands/bundle.ts')).bundle(io, listing, options)));

  program
    .command('label')
    .summary('take away the Gaia-X label of a listing, as clearing houses give theirs')
    .description(
      'The Gaia-X label that the node gives a listing, as a signed gx:LabelCredential in the form of 25.11. It ends with the label of the node.',
    )
    .argument('<listing>', 'key of the listing, its URL, or the id of its subject')
    .option('--out <file>', 'file to write (default: the standard output)')
    .option('--issuer <did>', 'who published it, where the id does not say')
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', examples('kontor label Zk3v0c2mW1q8yXo4b7Jh9A --out offer.gaia-x.jwt'))
    .action(async (listing, options) => end(await (await import('./commands/label.ts')).label(io, listing, options)));

  program
    .command('verify')
    .summary('verify an evidence bundle, without a network')
    .description(
      'Verify an evidence bundle on any machine: every signature, status and digest, the log proof, and each decision computed anew. Says what is proven, by what, and what is taken on faith. Exit code 0: it holds; 1: it does not; 3: it is intact, and a level is less by your list or at your time.',
    )
    .argument('<bundle>', 'file made by `kontor bundle`, or - for the standard input')
    .option('--trust <file>', 'decide by the trust list of this policy file, not by that of the bundle')
    .option('--at <time>', 'decide as of this time, not of that of the bundle', timeOf)
    .option(
      '--did <file>',
      "a DID document that you hold: the bundle's is compared with it (repeatable; a folder: all in it)",
      collect,
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor verify offer.bundle.json',
        'kontor verify offer.bundle.json --trust my-policy.yaml --json',
        'kontor verify offer.bundle.json --did cloud.example.did.json',
      ),
    )
    .action(async (file, options) => end(await (await import('./commands/verify.ts')).verify(io, file, options)));
}
