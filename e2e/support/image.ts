import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { repository } from './processes.js';

interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly dev?: boolean; readonly link?: boolean; readonly resolved?: string }>
  >;
}

/** The account that runs the image: `node` of the official images. */
export const imageUser = 1000;

/**
 * Lays out in a folder what the last stage of the Dockerfile holds: `npm ci --omit=dev` (by the lock file, from the
 * installed tree) and what its COPY lines name. Returns the entry point as the image starts it.
 */
export function layOutImage(folder: string): readonly string[] {
  copyProductionDependencies(folder);
  const image =
    readFileSync(join(repository, 'Dockerfile'), 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? '';
  for (const [, line = ''] of image.matchAll(/^COPY (.+)$/gm)) {
    const words = line.split(' ');
    if (words[0] === '--from=dependencies') {
      continue;
    }
    const paths = words.filter((word) => !word.startsWith('--')).map((word) => word.replace(/^\/app\//, ''));
    const target = paths.at(-1) ?? '';
    for (const source of paths.slice(0, -1)) {
      const into =
        source.endsWith('/') || !target.endsWith('/') ? target : join(target, source.split('/').at(-1) ?? '');
      cpSync(join(repository, source), join(folder, into === './' ? source : into), { recursive: true });
    }
  }
  const entryPoint = image.match(/^ENTRYPOINT (\[.+\])$/m)?.[1] ?? '[]';
  return JSON.parse(entryPoint) as string[];
}

function copyProductionDependencies(folder: string): void {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as Lockfile;
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev === true) {
      continue;
    }
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    if (entry.link === true) {
      symlinkSync(join('../'.repeat(path.split('/').length - 1), entry.resolved ?? ''), target);
    } else if (!path.startsWith('node_modules/')) {
      mkdirSync(target, { recursive: true });
      cpSync(join(repository, path, 'package.json'), join(target, 'package.json'));
      copyPackage(join(repository, path, 'node_modules'), join(target, 'node_modules'), () => false);
    } else if (existsSync(join(repository, path))) {
      // Nested node_modules have entries of their own.
      copyPackage(join(repository, path), target, (name) => name === 'node_modules');
    }
  }
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'));
}

function copyPackage(from: string, to: string, leaveOut: (name: string) => boolean): void {
  if (!existsSync(from) || !lstatSync(from).isDirectory()) {
    return;
  }
  mkdirSync(to, { recursive: true });
  const names = readdirSync(from).filter((one) => !leaveOut(one));
  if (names.length > 0) {
    // A tenth of the time that cpSync takes.
    execFileSync('cp', ['-a', ...names.map((name) => join(from, name)), to]);
  }
}

export function giveTo(user: number, folder: string): void {
  if (process.getuid?.() === 0) {
    chownSync(folder, user, user);
  }
}

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A service of docker-compose.yml with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` filled in. */
export function composeService(name: string, variables: Readonly<Record<string, string>>): Service {
  const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8').replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_all, variable: string, kind: string | undefined, rest: string | undefined) => {
      const value = variables[variable] ?? (kind === '-' ? rest : undefined);
      if (value === undefined) {
        throw new Error(`docker-compose.yml needs ${variable}`);
      }
      return value;
    },
  );
  const services = (parse(text, { merge: true }) as { services: Record<string, Service> }).services;
  const service = services[name];
  if (service === undefined) {
    throw new Error(`docker-compose.yml has no service ${name}`);
  }
  return service;
}
