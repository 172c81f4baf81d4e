import { type Command, Option } from 'commander';
import { LIST_SIZE } from '../credentials/issuing/status-list.ts';
import type { ExitCode } from './failure.ts';
import type { Io } from './io.ts';
import {
  CONTEXTS_OPTION,
  collect,
  examples,
  JSON_OPTION,
  KEY_OPTION,
  NODE_OPTION,
  timeOf,
  wholeNumber,
} from './options.ts';

const indices = (text: string, before: number[] = []): number[] => [...before, wholeNumber(0, LIST_SIZE - 1)(text)];

/** Commands of a provider. */
export function providerCommands(program: Command, io: Io, end: (code: ExitCode) => void): void {
  program
    .command('keygen')
    .summary('make a key pair, and the DID document to host')
    .description(
      'Make a key pair. The private key goes to a file that only you may read; the DID document to host is printed.',
    )
    .requiredOption('--did <did>', 'your DID: did:web:HOST, or did:key for one that needs no hosting')
    .addOption(
      new Option('--alg <alg>', 'signature algorithm')
        .choices(['EdDSA', 'ES256', 'ES384', 'PS256', 'RS256'])
        .default('EdDSA'),
    )
    .option('--out <file>', 'where to write the private key', 'key.json')
    .option('--fragment <name>', 'name of the key in the DID document', 'key-1')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor keygen --did did:web:cloud.example --out cloud.key.json > did.json',
        'kontor keygen --did did:web:localhost%3A8200 --alg ES256',
        'kontor keygen --did did:key',
      ),
    )
    .action(async (options) => end(await (await import('./commands/keygen.ts')).keygen(io, options)));

  program
    .command('did')
    .summary('print the DID document of a key')
    .description('Print the DID document to host for one key or several keys of one DID.')
    .argument('<keys...>', 'key files made by `kontor keygen`')
    .option('--expires <key[=time]>', 'this key is or will be replaced: what it signed before stays good', collect)
    .option('--revoked <key[=time]>', 'this key is in other hands: nothing that it signed counts any more', collect)
    .option('--chain <file>', 'certificates of a key, its own first, in PEM form; they stand beside it as x5c')
    .option('--serve', 'host it at once, for a did:web of this machine (localhost), until Ctrl-C')
    .option('--also <file=/path>', 'with --serve: host this file, too, such as a status list', collect)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor did cloud.key.json > did.json',
        'kontor did new.key.json old.key.json --expires old.key.json > did.json',
        'kontor did new.key.json old.key.json --revoked old.key.json=2026-11-21T09:14:00Z > did.json',
        'kontor did cloud.key.json --serve',
        'kontor did cloud.key.json --serve --also status-1.jwt=/status/1',
      ),
    )
    .action(async (keys, options) => end(await (await import('./commands/did.ts')).did(io, keys, options)));

  program
    .command('sign')
    .summary('sign a claim')
    .description(
      'Sign a claim in JSON: a whole credential, or only its subject. Issuer, context and validity are filled in where absent.',
    )
    .argument('<claim>', 'JSON file; - reads the standard input')
    .option(...KEY_OPTION)
    .addOption(
      new Option('--format <format>', 'vc+jwt, or di for JSON-LD with a Data Integrity proof')
        .choices(['vc+jwt', 'di'])
        .default('vc+jwt'),
    )
    .addOption(
      new Option('--suite <name>', 'cryptosuite of the Data Integrity proof (default: the RDF one of the key)').choices(
        ['eddsa-rdfc-2022', 'eddsa-jcs-2022', 'ecdsa-rdfc-2019', 'ecdsa-jcs-2019'],
      ),
    )
    .option(...CONTEXTS_OPTION)
    .option('--days <number>', 'days of validity, where the claim names no end', wholeNumber(1, 3650), 365)
    .option('--status <url#index>', 'entry of your own status list by which it can be revoked')
    .option('--out <file>', 'where to write the signed credential (default: standard output)')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor sign offer.json --key cloud.key.json --out offer.jwt',
        'kontor sign offer.json --key cloud.key.json --format di --days 90 > offer.vc.json',
        'cat offer.json | kontor sign - --key cloud.key.json | kontor check -',
      ),
    )
    .action(async (claim, options) => end(await (await import('./commands/sign.ts')).sign(io, claim, options)));

  program
    .command('status-list')
    .summary('make your own status list, and revoke by it')
    .description(
      'Make a status list to host (Bitstring Status List), or sign the one in the file anew with other entries revoked.',
    )
    .argument('<file>', 'the signed list; it is written anew')
    .option(...KEY_OPTION)
    .option('--url <url>', 'where you will host it; for a new list')
    .option('--revoke <index>', 'an entry to revoke, for good; may be repeated', indices)
    .option('--days <number>', 'days of validity; sign it anew before', wholeNumber(1, 366), 30)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor status-list status-1.jwt --key cloud.key.json --url https://cloud.example/status/1',
        'kontor status-list status-1.jwt --key cloud.key.json --revoke 42',
      ),
    )
    .action(async (file, options) =>
      end(await (await import('./commands/status-list.ts')).statusList(io, file, options)),
    );

  program
    .command('present')
    .summary('put signed credentials into one presentation')
    .description('Sign a presentation (vp+jwt) of several signed credentials, to publish them in one file.')
    .argument('<files...>', 'signed credentials')
    .option(...KEY_OPTION)
    .option('--out <file>', 'where to write the presentation (default: standard output)')
    .option(...JSON_OPTION)
    .addHelpText('after', examples('kontor present company.jwt offer.jwt --key cloud.key.json --out all.jwt'))
    .action(async (files, options) => end(await (await import('./commands/present.ts')).present(io, files, options)));

  program
    .command('check')
    .summary('judge a credential here, without a node')
    .description(
      'Judge a credential as a node would: every check, and the labels it would get. Nothing is stored or sent; only DID documents and status lists are fetched. docs/checks has a page for each check.',
    )
    .argument('<credential>', 'file, URL of a credential or of a listing; - reads the standard input')
    .addOption(
      new Option('--stage <stage>', 'stop after this stage')
        .choices(['parse', 'verify', 'shape', 'label'])
        .default('label'),
    )
    .option('--at <time>', 'judge as of this time (ISO 8601)', timeOf)
    .option('--did <path>', 'DID documents, from a file or a folder; they go before what is hosted')
    .option(...CONTEXTS_OPTION)
    .option('--trust <file>', 'policy file that names who may vouch')
    .option('--provider <file...>', "credentials taken in first: the provider's own, and evidence about it")
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor check offer.jwt',
        'kontor check offer.jwt --provider company.jwt vat.jwt --trust policy.yaml',
        'kontor check offer.jwt --did did.json --at 2027-01-01T00:00:00Z',
        'kontor check https://node.example/listings/Zk3v0c2mW1q8yXo4b7Jh9A --json',
      ),
    )
    .action(async (credential, options) =>
      end(await (await import('./commands/check.ts')).check(io, credential, options)),
    );

  program
    .command('publish')
    .summary('publish credentials at a node')
    .description('Send signed credentials to a node, and show what it says of each.')
    .argument('<files...>', 'signed credentials, in the order they are sent; - reads the standard input')
    .option(...NODE_OPTION)
    .option('--dry-run', 'have the node judge without storing anything')
    .option('--json', 'answer in JSON, for programs: one line a file')
    .addHelpText(
      'after',
      examples(
        'kontor publish company.jwt offer.jwt',
        'kontor publish offer.jwt --node https://catalogue.example.org --dry-run',
      ),
    )
    .action(async (files, options) => end(await (await import('./commands/publish.ts')).publish(io, files, options)));

  program
    .command('withdraw')
    .summary('end a listing')
    .description('Sign a withdrawal of a listing with the key of its issuer, and publish it.')
    .argument('<listing>', 'id of the subject, or key of the listing')
    .option(...KEY_OPTION)
    .option(...NODE_OPTION)
    .option('--reason <text>', 'why, for everyone to read')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor withdraw https://cloud.example/offers/vm --key cloud.key.json',
        "kontor withdraw https://cloud.example/offers/vm --key cloud.key.json --reason 'Replaced by vm-2'",
      ),
    )
    .action(async (listing, options) =>
      end(await (await import('./commands/withdraw.ts')).withdraw(io, listing, options)),
    );
}
