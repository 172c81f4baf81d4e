import { type Command, Option } from 'commander';
import type { ExitCode } from './failure.ts';
import type { Io } from './io.ts';
import { collect, examples, JSON_OPTION, NODE_OPTION, wholeNumber } from './options.ts';

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
    .option('--country <code>', 'where the data is, such as NO (repeatable)', collect)
    .option('--label <scheme:level>', 'this level or better, such as gaia-x:SC (repeatable)', collect)
    .option('--provider <did>', 'provider (repeatable)', collect)
    .option('--certification <scheme>', 'certificate scheme, such as iso-27001 (repeatable)', collect)
    .option('--law <country>', 'country whose law reaches it (repeatable)', collect)
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
    .option(...NODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples('kontor explain Zk3v0c2mW1q8yXo4b7Jh9A', 'kontor explain Zk3v0c2mW1q8yXo4b7Jh9A --scheme gaia-x --json'),
    )
    .action(async (listing, options) =>
      end(await (await import('./commands/explain.ts')).explain(io, listing, options)),
    );
}
