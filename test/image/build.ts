import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { contextFiles, readStages, readStep, type Stage, type Step } from './recipe.ts';
import { type Image, newLayer, run, since, size } from './root.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Does what the Dockerfile of a project says.
 *
 * @param base folder with what the base image holds; it is not written to
 * @param work empty folder for context and layers
 * @throws Error at the first instruction that fails
 */
export function build(project: string, base: string, work: string): Image {
  const context = join(work, 'context');
  const files = contextFiles(project, readFileSync(join(project, '.dockerignore'), 'utf8'));
  for (const file of files) cpSync(join(project, file), join(context, file), { preserveTimestamps: true });
  console.log(`context: ${files.length} files, ${size(context)}`);
  const stages = new Map<string, Image>();
  let image: Image | undefined;
  for (const [at, stage] of readStages(readFileSync(join(project, 'Dockerfile'), 'utf8')).entries()) {
    image = begin(stage, stages, base, join(work, `stage-${at}`));
    for (const step of stage.steps) {
      const began = performance.now();
      perform(step, image, stages.get(step.flags.from ?? '')?.root ?? context);
      console.log(`${stage.as || 'image'}: ${step.name} ${step.text.slice(0, 80)} (${since(began)})`);
    }
    stages.set(stage.as || String(at), image);
  }
  if (!image) throw new Error('The Dockerfile has no FROM');
  console.log(`image: ${size(image.layers[0]!)} on top of a base image of ${size(base)}`);
  // A layer must not be written to while containers stand on it.
  execFileSync('umount', [image.root]);
  return image;
}

function begin({ from, as }: Stage, stages: Map<string, Image>, base: string, folder: string): Image {
  const former = stages.get(from);
  if (former) return { ...former, ...newLayer(former.layers, folder) };
  const blank = { env: { PATH }, workdir: '/', user: 'root', volumes: [], command: [], health: undefined };
  const image: Image = { ...newLayer([base], folder), ...blank };
  const version = run(image, ['node', '--version']).trim();
  if (!from.startsWith(`node:${version.slice(1)}-`)) throw new Error(`FROM ${from}: but ROOTFS has Node ${version}`);
  console.log(
    `${as || 'image'}: FROM ${from}, in its place Node ${version} and npm ${run(image, ['npm', '--version']).trim()}`,
  );
  return image;
}

/** One instruction, as https://docs.docker.com/reference/dockerfile/ has it. */
function perform(step: Step, image: Image, source: string): void {
  const { name, text, words, exec } = step;
  const at = (path: string) => posix.resolve(image.workdir, path);
  if (/["'$\\]/.test(text) && (name === 'ENV' || name === 'COPY')) throw new Error(`not understood: ${name} ${text}`);
  switch (name) {
    case 'ENV':
      image.env = { ...image.env, ...Object.fromEntries(words.map((word) => word.split('=', 2))) };
      break;
    case 'WORKDIR':
      image.workdir = at(text);
      mkdirSync(image.root + image.workdir, { recursive: true });
      break;
    case 'RUN':
      process.stdout.write(run(image, exec ? words : ['/bin/sh', '-c', text]));
      break;
    case 'COPY':
      copy(
        words.slice(0, -1).map((path) => join(source, path)),
        `${image.root}${at(words.at(-1)!)}`,
        words.at(-1)!.endsWith('/'),
      );
      break;
    case 'USER':
      image.user = text;
      break;
    case 'VOLUME':
      image.volumes = [...image.volumes, ...words];
      break;
    case 'HEALTHCHECK':
      image.health = { flags: step.flags, words: commandOf(readStep(text)) };
      break;
    case 'CMD':
      image.command = commandOf(step);
      break;
    case 'EXPOSE':
      break;
    default:
      throw new Error(`not understood: ${name} ${text}`);
  }
}

const commandOf = ({ exec, words, text }: Step): string[] => (exec ? words : ['/bin/sh', '-c', text]);

/** What is copied belongs to root; of a folder, what is in it is copied. */
function copy(sources: string[], target: string, isFolder: boolean): void {
  mkdirSync(isFolder ? target : dirname(target), { recursive: true });
  const places = isFolder ? ['-t', target, ...sources] : ['-T', ...sources, target];
  execFileSync('cp', ['-r', '--preserve=mode,timestamps,links', ...places]);
}
