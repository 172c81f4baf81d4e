import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './recipe.ts';

/** An image, or what a stage has made of it so far. */
export interface Image {
  /** Folders of the layers, newest first. */
  layers: string[];
  /** Where they are mounted as one; what is written there goes into the newest. */
  root: string;
  env: Record<string, string>;
  workdir: string;
  user: string;
  volumes: string[];
  command: string[];
  /** The HEALTHCHECK: its options and its command. */
  health: Pick<Step, 'flags' | 'words'> | undefined;
}

/** Puts a new layer on others (https://docs.kernel.org/filesystems/overlayfs.html) and gives it what every engine gives. */
export function newLayer(below: string[], folder: string): Pick<Image, 'layers' | 'root'> {
  const [upper, scratch, root] = ['layer', 'scratch', 'root'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const dir of [upper, scratch, root]) mkdirSync(dir, { recursive: true });
  const options = `lowerdir=${below.join(':')},upperdir=${upper},workdir=${scratch}`;
  execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, root]);
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n');
  writeFileSync(join(root, 'etc/resolv.conf'), readFileSync('/etc/resolv.conf'));
  return { layers: [upper, ...below], root };
}

/** Arguments of `unshare`: the command as first process of a container. `setup` are shell lines that run before it. */
export function firstProcess(image: Image, command: string[], setup: string[] = []): string[] {
  const lines = [`mount -t proc proc ${quote(`${image.root}/proc`)}`, ...setup, 'exec "$@"'];
  return ['--mount', '--pid', '--fork', 'sh', '-ec', lines.join('\n'), 'sh', ...within(image, command)];
}

/** The command in the image's files, with its user, folder and environment and nothing of ours. */
export function within({ root, user, workdir, env }: Image, command: string[]): string[] {
  const account = readFileSync(join(root, 'etc/passwd'), 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const home = account.find(([name]) => name === user)?.[5];
  if (!home) throw new Error(`The image has no user ${user}`);
  const variables = Object.entries({ HOME: home, ...env }).map(([name, value]) => `${name}=${value}`);
  return ['chroot', `--userspec=${user}:`, root, 'env', '-i', `--chdir=${workdir}`, ...variables, ...command];
}

/** Runs a command to its end and gives what it printed. */
export function run(image: Image, command: string[]): string {
  const { status, stdout } = spawnSync('unshare', firstProcess(image, command), {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stdout}`);
  return stdout;
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export const size = (folder: string): string =>
  `${execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0]} MB`;

export const since = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
