import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What Dockerfile, .dockerignore and compose.yaml say. What is not understood here is an error, never left out in silence. */

/** One instruction (https://docs.docker.com/reference/dockerfile/). */
export interface Step {
  name: string;
  /** `--name=value` options. */
  flags: Record<string, string>;
  /** All after the options. */
  text: string;
  /** The text as words; those of the JSON form where it has one. */
  words: string[];
  /** Whether it has the JSON form. */
  exec: boolean;
}

export interface Stage {
  from: string;
  as: string;
  steps: Step[];
}

export interface Mount {
  /** A path of the context, or the name of a volume. */
  source: string;
  named: boolean;
  target: string;
  readOnly: boolean;
}

export interface Service {
  name: string;
  profiles: string[];
  environment: Record<string, string>;
  mounts: Mount[];
  /** The service whose network this one shares. */
  networkOf: string | undefined;
  /** Ports of the container that are published. */
  ports: number[];
}

const KNOWN_STEPS = ['ENV', 'WORKDIR', 'COPY', 'RUN', 'USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'CMD'];
const KNOWN_KEYS = ['build', 'restart', 'environment', 'ports', 'volumes', 'profiles', 'network_mode'];

/** @throws Error at an instruction that is not known here */
export function readStages(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  const lines = dockerfile.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ');
  for (const line of lines.split('\n').filter((text) => text.trim())) {
    const { name, ...step } = readStep(line);
    if (name === 'FROM') {
      stages.push({ from: step.words[0]!, as: step.words[2] ?? '', steps: [] });
    } else if (KNOWN_STEPS.includes(name) && stages.length > 0) {
      stages.at(-1)!.steps.push({ name, ...step });
    } else throw new Error(`Dockerfile: not understood: ${line}`);
  }
  return stages;
}

/** Reads one instruction; the command of a HEALTHCHECK has the same form. */
export function readStep(line: string): Step {
  const [, name, options, rest] = /^\s*([A-Z]+)((?:\s+--[a-z-]+=\S+)*)\s+(.*?)\s*$/.exec(line) ?? [];
  if (!name || !rest) throw new Error(`Dockerfile: not understood: ${line}`);
  const flags = Object.fromEntries([...options!.matchAll(/--([a-z-]+)=(\S+)/g)].map((match) => [match[1], match[2]]));
  const exec = rest.startsWith('[');
  return { name, flags, text: rest, exec, words: exec ? JSON.parse(rest) : rest.split(/\s+/) };
}

/** The files of the build context: the last rule that meets a path or a folder above it wins. */
export function contextFiles(root: string, dockerignore: string): string[] {
  const rules = dockerignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ keep: line.startsWith('!'), pattern: line.replace(/^!/, '') }))
    .map((rule) => ({ ...rule, matches: globRule(rule.pattern) }));
  const ignored = (path: string) => !(rules.findLast((rule) => rule.matches.test(path))?.keep ?? true);
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (!entry.isDirectory()) return ignored(path) ? [] : [path];
      const mayHold = !ignored(path) || rules.some((rule) => rule.keep && rule.pattern.startsWith(`${path}/`));
      return mayHold ? walk(path) : [];
    });
  return walk('').sort();
}

function globRule(pattern: string): RegExp {
  const parts = pattern.replace(/^\/|\/$/g, '').split(/(\*\*\/|\*\*|\*|\?)/);
  const glob: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
  return new RegExp(`^${parts.map((part) => glob[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&')).join('')}(?:/|$)`);
}

/** @throws Error at a key or a form that is not known here */
export function readServices(compose: string): Service[] {
  const { services } = parse(compose, { merge: true }) as { services: Record<string, Record<string, unknown>> };
  return Object.entries(services).map(([name, service]) => {
    const strange = Object.keys(service).filter((key) => !KNOWN_KEYS.includes(key));
    if (strange.length > 0 || service.build !== '.')
      throw new Error(`compose.yaml: ${name}: not understood: ${strange}`);
    const environment = (service.environment ?? {}) as Record<string, string>;
    const wrong = Object.entries(environment).filter(([, value]) => typeof value !== 'string' || value.includes('$'));
    if (wrong.length > 0) throw new Error(`compose.yaml: ${name}: not understood: ${wrong}`);
    const network = (service.network_mode ?? '') as string;
    if (network && !network.startsWith('service:')) throw new Error(`compose.yaml: not understood: ${network}`);
    return {
      name,
      profiles: (service.profiles ?? []) as string[],
      environment,
      mounts: ((service.volumes ?? []) as string[]).map(readMount),
      networkOf: network.slice('service:'.length) || undefined,
      ports: ((service.ports ?? []) as string[]).map((port) => Number(port.split(':').at(-1))),
    };
  });
}

function readMount(text: string): Mount {
  const [source, target, mode, more] = text.split(':');
  if (!source || !target?.startsWith('/') || more || (mode && mode !== 'ro'))
    throw new Error(`compose.yaml: not understood: ${text}`);
  return { source, target, named: !/^[./]/.test(source), readOnly: mode === 'ro' };
}
