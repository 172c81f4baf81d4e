import type { Command } from 'commander';
import type { ExitCode } from './failure.ts';
import type { Io } from './io.ts';
import { beginOf, collect, examples, JSON_OPTION, NODE_OPTION, TOKEN_OPTION, wholeNumber } from './options.ts';

/** Commands of an operator. */
export function operatorCommands(program: Command, io: Io, end: (code: ExitCode) => void): void {
  program
    .command('serve')
    .summary('run a node')
    .description(
      'Run a node until it is told to stop (Ctrl-C). It is configured by KONTOR_* variables; see docs/quickstart-operator.md.',
    )
    .addHelpText(
      'after',
      examples('kontor serve', 'KONTOR_URL=https://catalogue.example.org KONTOR_DATA=/var/lib/kontor kontor serve'),
    )
    .action(async () => end(await (await import('./commands/serve.ts')).serve(io)));

  program
    .command('init')
    .summary('make the data folder, key, policy and first token of a node')
    .description(
      'Make what a node needs before its first start: data folder, key, policy file, and an operator token, which is printed once.',
    )
    .option('--url <url>', 'public base URL, which names the node (default: KONTOR_URL)')
    .option('--data <folder>', 'data folder (default: KONTOR_DATA, else ./data)')
    .option('--new-token', 'make one more operator token, where the first was lost')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples('kontor init', 'kontor init --url https://catalogue.example.org --data /var/lib/kontor'),
    )
    .action(async (options) => end(await (await import('./commands/init.ts')).init(io, options)));

  program
    .command('rotate-key')
    .summary('give a stopped node another key')
    .description(
      'Make a new key for a node, and publish what became of the one before. The node must be stopped. It keeps its name and its log; what it signed before stays good, unless the key was compromised.',
    )
    .option(
      '--compromised [key]',
      'the key is in other hands: nothing it signed is believed any more. Names a former key, such as key-1, where it is not the present one',
    )
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      examples(
        'kontor rotate-key',
        'kontor rotate-key --compromised',
        'KONTOR_URL=https://catalogue.example.org KONTOR_DATA=/var/lib/kontor kontor rotate-key --compromised key-1',
      ),
    )
    .action(async (options) => end(await (await import('./commands/rotate-key.ts')).rotateKey(io, options)));

  const policy = program
    .command('policy')
    .summary('check a policy file')
    .description('Work with the policy file of a node.');
  policy
    .command('check')
    .argument('[file]', 'policy file (default: KONTOR_POLICY, else policy.yaml in the data folder)')
    .description('Check a policy file without starting a node, and say what it means.')
    .option(...JSON_OPTION)
    .addHelpText('after', examples('kontor policy check', 'kontor policy check ./policy.yaml'))
    .action(async (file, options) =>
      end(await (await import('./commands/policy-check.ts')).policyCheck(io, file, options)),
    );

  const contexts = program
    .command('contexts')
    .summary('add, list and remove JSON-LD contexts')
    .description(
      'The JSON-LD contexts that credentials may name. A node fetches none: an operator adds them here, pinned by their digests. Works on the data folder (KONTOR_DATA); a node reads it at its start.',
    )
    .addHelpText(
      'after',
      examples('kontor contexts list', 'kontor contexts add https://vocabulary.example/v1 v1.jsonld'),
    );
  const context = (name: string, description: string) =>
    contexts
      .command(name)
      .description(description)
      .option(...JSON_OPTION);
  const loadContexts = () => import('./commands/contexts.ts');
  context('list', 'List the contexts that were added, whether they are still what was pinned, and those bundled.')
    .addHelpText('after', examples('kontor contexts list', 'kontor contexts list --json'))
    .action(async (options) => end((await loadContexts()).listContexts(io, options)));
  context('add', 'Add a context, as it is saved in a file. From then on only these bytes count.')
    .argument('<url>', 'its name in credentials')
    .argument('<file>', 'the context, in JSON')
    .addHelpText('after', examples('kontor contexts add https://vocabulary.example/v1 v1.jsonld'))
    .action(async (url, file, options) => end(await (await loadContexts()).addContext(io, url, file, options)));
  context('remove', 'Remove a context that was added. Credentials that name it are refused.')
    .argument('<url>', 'its name in credentials')
    .addHelpText('after', examples('kontor contexts remove https://vocabulary.example/v1'))
    .action(async (url, options) => end((await loadContexts()).removeContext(io, url, options)));

  const shapes = program
    .command('shapes')
    .summary('add, list and remove SHACL shapes')
    .description(
      'The shapes that credentials are checked by: those bundled, and SHACL that an operator adds as it is, pinned by its digest. Works on the data folder (KONTOR_DATA); a running node reads it within seconds.',
    )
    .addHelpText(
      'after',
      examples('kontor shapes add gaia-x-25.11 gx.owl.ttl --ontology', 'kontor shapes add gaia-x-25.11 gx.shacl.ttl'),
    );
  const shape = (name: string, description: string) =>
    shapes
      .command(name)
      .description(description)
      .option(...JSON_OPTION);
  const loadShapes = () => import('./commands/shapes.ts');
  shape('list', 'List the sets that were added, what cannot be checked of them, and how many are bundled.')
    .addHelpText('after', examples('kontor shapes list', 'kontor shapes list --json'))
    .action(async (options) => end((await loadShapes()).listShapes(io, options)));
  shape('add', 'Add a set of SHACL shapes in Turtle, or the ontology that says which class is below which.')
    .argument('<name>', 'name of the set, with its version')
    .argument('<file|url>', 'the shapes, in Turtle')
    .option('--ontology', 'it is an ontology: only its subclasses are read, for all sets')
    .addHelpText('after', examples('kontor shapes add gaia-x-25.11 gx.shacl.ttl'))
    .action(async (name, from, options) => end(await (await loadShapes()).addShapes(io, name, from, options)));
  shape('remove', 'Remove a set that was added, with its ontology.')
    .argument('<name>', 'name of the set')
    .addHelpText('after', examples('kontor shapes remove gaia-x-25.11'))
    .action(async (name, options) => end((await loadShapes()).removeShapes(io, name, options)));

  const schemes = program
    .command('schemes')
    .summary('list, test, add and remove label schemes')
    .description(
      'The label schemes that a node decides by: those bundled, and those in its data folder (KONTOR_DATA), which a running node reads within seconds of a change.',
    )
    .addHelpText('after', examples('kontor schemes list', 'kontor schemes test gaia-x'));
  const scheme = (name: string, description: string) =>
    schemes
      .command(name)
      .description(description)
      .option(...JSON_OPTION);
  const loadSchemes = () => import('./commands/schemes.ts');
  scheme('list', 'List the schemes with edition, levels and digest.')
    .addHelpText('after', examples('kontor schemes list', 'kontor schemes list --json'))
    .action(async (options) => end((await loadSchemes()).listSchemes(io, options)));
  scheme('test', 'Run schemes against the example descriptions kept beside them.')
    .argument('[scheme|file]', 'id of one scheme, or a file with one that is not added yet (default: all)')
    .addHelpText('after', examples('kontor schemes test', 'kontor schemes test ./our-scheme.json'))
    .action(async (id, options) => end((await loadSchemes()).testSchemes(io, id, options)));
  scheme('add', 'Add a scheme, if it follows the grammar and holds in every case beside it (cases/<id>.json).')
    .argument('<file>', 'the scheme, in JSON')
    .addHelpText('after', examples('kontor schemes add ./our-scheme.json'))
    .action(async (file, options) => end(await (await loadSchemes()).addScheme(io, file, options)));
  scheme('remove', 'Remove a scheme that was added. Its labels end. A bundled one stays.')
    .argument('<scheme|file>', 'its id, or the name of a file that cannot be used')
    .addHelpText('after', examples('kontor schemes remove harbour-green'))
    .action(async (id, options) => end((await loadSchemes()).removeScheme(io, id, options)));

  const candidate = (name: string) =>
    program
      .command(name)
      .option('--policy <file>', 'another policy file')
      .option('--scheme <file|url>', 'a scheme, or another edition of one (repeatable)', collect)
      .option('--without-scheme <id>', 'end a scheme that was added (repeatable)', collect)
      .option('--shapes <name=file|url>', 'a set of SHACL shapes (repeatable)', collect)
      .option('--ontology <name=file|url>', 'an ontology for shapes (repeatable)', collect)
      .option('--without-shapes <name>', 'end a set of shapes that was added (repeatable)', collect)
      .option(...JSON_OPTION);
  candidate('rehearse')
    .option('--from <date>', 'as it would be from then on, such as 2027-01-31', beginOf)
    .summary('say what another policy, scheme or shape would do to what is held')
    .description(
      'Rehearse other conditions on everything that a node holds (KONTOR_DATA), also while it runs: who gains, who loses, by which criteria, and what could not be renewed. Nothing is changed.',
    )
    .addHelpText(
      'after',
      examples(
        'kontor rehearse --policy new-policy.yaml',
        'kontor rehearse --scheme our-scheme.json --shapes gaia-x-25.11=gx.shacl.ttl --json',
      ),
    )
    .action(async (options) => end(await (await import('./commands/rehearse.ts')).rehearseCandidate(io, options)));
  candidate('enact')
    .summary('put another policy, scheme or shape in force, now or after a grace period')
    .description(
      'Rehearse other conditions and put them in force. Until the day of a plan the node shows what will change to those whom it concerns (/api/v1/planned).',
    )
    .option('--grace <days>', 'in force after so many days', wholeNumber(1, 3_650))
    .option('--from <date>', 'in force from then on, such as 2027-01-31', beginOf)
    .option('--list', 'list what is planned, and whether it can be put in force')
    .option('--cancel <id>', 'take a plan back')
    .addHelpText(
      'after',
      examples(
        'kontor enact --policy new-policy.yaml --grace 30',
        'kontor enact --scheme our-scheme.json',
        'kontor enact --list',
      ),
    )
    .action(async (options) => end(await (await import('./commands/enact.ts')).enact(io, options)));

  const peers = program
    .command('peers')
    .summary('list, add, remove and pull from peers')
    .description('The nodes this node pulls from. Listing is open; changing needs an operator token.')
    .addHelpText(
      'after',
      examples(
        'kontor peers list',
        'kontor peers add https://node-b.example',
        'kontor peers sync',
        'kontor peers status --json',
      ),
    );
  const peer = (name: string, description: string) =>
    peers
      .command(name)
      .description(description)
      .option(...NODE_OPTION)
      .option(...JSON_OPTION);
  const load = () => import('./commands/peers.ts');
  peer('list', 'List the peers of a node.')
    .addHelpText('after', examples('kontor peers list', 'kontor peers list --node https://node-b.example --json'))
    .action(async (options) => end(await (await load()).listPeers(io, options)));
  peer('status', 'Show what a node knows of the federation: which catalogues, how far, what was refused.')
    .addHelpText('after', examples('kontor peers status', 'kontor peers status --json'))
    .action(async (options) => end(await (await load()).peersStatus(io, options)));
  peer('add', 'Pull from another node from now on.')
    .argument('<url>', 'base URL of the other node')
    .option(...TOKEN_OPTION)
    .addHelpText('after', examples('kontor peers add https://node-b.example'))
    .action(async (url, options) => end(await (await load()).addPeer(io, url, options)));
  peer('remove', 'Stop pulling from a node. What it brought stays.')
    .argument('<url>', 'base URL of the other node')
    .option(...TOKEN_OPTION)
    .addHelpText('after', examples('kontor peers remove https://node-b.example'))
    .action(async (url, options) => end(await (await load()).removePeer(io, url, options)));
  peer('sync', 'Pull now, from all peers or from one.')
    .argument('[url]', 'base URL of the other node')
    .option(...TOKEN_OPTION)
    .addHelpText('after', examples('kontor peers sync', 'kontor peers sync https://node-b.example --json'))
    .action(async (url, options) => end(await (await load()).syncPeers(io, url, options)));
}
