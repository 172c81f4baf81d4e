import { type Command, Option } from 'commander';
import type { ExitCode } from './failure.ts';
import type { Io } from './io.ts';
import { collect, examples, JSON_OPTION } from './options.ts';

/** Roles of the policy's trust list (src/policy.ts), named here so that help loads no part of the node. */
const ROLES = ['registration-number', 'certificate', 'assessment-body', 'clearing-house'];

/** Commands about whom the node believes. They read and change its policy file; no node need run. */
export function trustCommands(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const trust = program
    .command('trust')
    .summary('who may vouch for what, and which certificate authorities count')
    .description(
      "Whom this node believes: trust anchors behind keys, and parties that may vouch. Works on the node's policy file (KONTOR_POLICY, KONTOR_DATA).",
    )
    .addHelpText('after', examples('kontor trust list', 'kontor trust check did:web:provider.example'));
  const load = () => import('./commands/trust.ts');
  const command = (parent: Command, name: string, description: string) =>
    parent
      .command(name)
      .description(description)
      .option(...JSON_OPTION);

  command(trust, 'list', 'List trust anchors, who may vouch for what and since when, and whose labels count.')
    .addHelpText('after', examples('kontor trust list', 'kontor trust list --json'))
    .action(async (options) => end((await load()).listTrust(io, options)));
  command(trust, 'add', 'Let a party vouch from now on. The policy file keeps its comments.')
    .argument('<did>', 'DID of the party')
    .addOption(new Option('--role <role>', 'what it may vouch for').choices(ROLES).makeOptionMandatory())
    .option('--name <name>', 'name to show')
    .option('--scheme <scheme>', 'certificate scheme its mandate covers; repeatable (default: all)', collect)
    .option('--from <date>', 'first day of the mandate, such as 2027-01-31')
    .option('--until <date>', 'last day of the mandate')
    .addHelpText(
      'after',
      examples(
        'kontor trust add did:web:notary.example --role registration-number --name "Company register"',
        'kontor trust add did:web:auditor.example --role assessment-body --scheme iso-27001 --until 2027-12-31',
      ),
    )
    .action(async (did, options) => end((await load()).addTrust(io, did, options)));
  command(trust, 'remove', 'Let a party vouch no more.')
    .argument('<did>', 'DID of the party')
    .addOption(new Option('--role <role>', 'only in this role').choices(ROLES))
    .addHelpText('after', examples('kontor trust remove did:web:auditor.example --role certificate'))
    .action(async (did, options) => end((await load()).removeTrust(io, did, options)));
  command(
    trust,
    'check',
    "Check the certificates behind a DID's keys, or a chain in a file, against the trust anchors.",
  )
    .argument('<did|file>', 'a DID, or a PEM file with the certificate of a key first')
    .addHelpText(
      'after',
      examples('kontor trust check did:web:provider.example', 'kontor trust check chain.pem --json'),
    )
    .action(async (target, options) =>
      end(await (await import('./commands/trust-check.ts')).checkTrust(io, target, options)),
    );

  const anchors = trust
    .command('anchors')
    .summary('add and remove trust anchors')
    .description('The certificate authorities that may stand behind keys.')
    .addHelpText('after', examples('kontor trust anchors add eu.pem', 'kontor trust anchors remove 3f9a07c1'));
  command(anchors, 'add', 'Trust the certificates of a PEM file. The file stays where it is; the policy names it.')
    .argument('<file>', 'PEM file, with revocation lists of theirs if you have them')
    .addHelpText('after', examples('kontor trust anchors add eu.pem'))
    .action(async (file, options) => end((await load()).addAnchors(io, file, options)));
  command(anchors, 'remove', 'Trust a certificate no more: takes its file out of the policy.')
    .argument('<fingerprint>', 'SHA-256 of the certificate as `trust list` shows it, or its beginning')
    .addHelpText('after', examples('kontor trust anchors remove 3f9a07c1'))
    .action(async (fingerprint, options) => end((await load()).removeAnchor(io, fingerprint, options)));
}
