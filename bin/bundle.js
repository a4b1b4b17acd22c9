#!/usr/bin/env node
// What the build makes of tsc's output so that a command starts sooner. Nothing depends on it: where this has not run, the
// same work is done when a command needs it.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const require = createRequire(import.meta.url);

export async function bundle() {
  // Loaded here: the set-up imports this file before any package is there.
  const { build } = await import('esbuild');
  await bundleConstructs(build);
  await bundleValidators(build);
  await bundleSnapshotProgram(build);
  await bundleClients(build);
}

/**
 * Every construct that stacks/constructs.cts names, in one file: finding and reading a thousand takes longer than running
 * them. dist/stacks/constructs.cjs then loads that file; when tsc writes it anew, it loads the packages themselves again.
 */
async function bundleConstructs(build) {
  const file = join(dist, 'stacks', 'constructs.bundle.cjs');
  await make(build, file, {
    entryPoints: [join(root, 'stacks', 'constructs.cts')],
    plugins: [leavingOut],
    sourcemap: 'linked',
    sourcesContent: false,
  });
  // Only names that stand here in so many words can be imported; that they are few lines is what makes importing cheap.
  const names = Object.keys(require(file)).sort();
  writeWhole(
    join(dist, 'stacks', 'constructs.cjs'),
    [
      '"use strict";',
      'Object.defineProperty(exports, "__esModule", { value: true });',
      `${names.map((name) => `exports.${name} = `).join('')}void 0;`,
      'Object.assign(exports, require("./constructs.bundle.cjs"));',
      '',
    ].join('\n'),
  );
}

/**
 * What CDKTF does at a price for what we do not use. Archives are for assets, and no stack has one: what makes them is a
 * third of loading it. A stack trace of each token's making is for its errors about tokens: a fifth of synthesizing.
 */
const leavingOut = {
  name: 'leaving-out',
  setup: (build) => {
    build.onResolve({ filter: /^archiver$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: `module.exports = () => { throw new Error('bin/bundle.js leaves out what makes archives'); };`,
    }));
    build.onLoad({ filter: /cdkt[fn][\\/]lib[\\/]tokens[\\/]private[\\/]stack-trace\.js$/ }, () => ({
      contents: 'exports.captureStackTrace = () => [];',
    }));
  },
};

/** The validators of a contract as code, so that neither Ajv is loaded nor a schema compiled (contract-validators.ts). */
async function bundleValidators(build) {
  const { default: standaloneCode } = require('ajv/dist/standalone/index.js');
  const model = join(dist, 'src', 'model');
  const source = pathToFileURL(join(model, 'contract-validators.js')).href;
  const { compiler, schemaIds, sourceOfValidators } = await import(source);
  await make(build, join(model, 'contract-validators.built.cjs'), {
    stdin: {
      contents: [
        standaloneCode(compiler({ source: true }), schemaIds),
        `exports.madeOf = ${JSON.stringify(sourceOfValidators)};`,
      ].join('\n'),
      resolveDir: root,
    },
  });
}

/**
 * `dr snapshot` in one file, which a deploy puts beside Airflow's DAGs: there is no package there.
 */
async function bundleSnapshotProgram(build) {
  await make(build, join(dist, 'src', 'snapshot-program.bundle.mjs'), {
    entryPoints: [join(root, 'src', 'snapshot-program.ts')],
    plugins: [validatorsInside],
    // What a snapshot asks nothing of.
    external: notAsked.map((service) => `@aws-sdk/client-${service}`),
    ...asModules,
  });
}

const asModules = {
  format: 'esm',
  // The SDK's packages come in both kinds; this one loads sooner.
  mainFields: ['module', 'main'],
  // Packages that are CommonJS ask for Node's own modules by this.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
};

const notAsked = [
  'athena',
  'cloudwatch',
  'cloudwatch-logs',
  'emr-serverless',
  'kms',
  'service-quotas',
  'sns',
  'ssm',
];

/** The built validators become part of the bundle, where there is nothing beside it that could be loaded. */
const validatorsInside = {
  name: 'validators-inside',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]model[\\/]contract-validators\.ts$/ }, () => ({
      contents: `import built from './contract-validators.built.cjs'; export const contractValidators = () => built;`,
      resolveDir: join(dist, 'src', 'model'),
    }));
  },
};

const client = /import\('@aws-sdk\/client-([a-z0-9-]+)'\)/g;

/**
 * The SDK's clients, each in a file, and in others what several of them need: a command loads a few files where it would
 * find and read hundreds. What loads a client then loads these; when tsc writes it anew, it loads the package itself again.
 */
async function bundleClients(build) {
  const loading = readdirSync(join(root, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, services: servicesOf(readFileSync(join(root, 'src', file), 'utf8')) }))
    .filter(({ services }) => services.length > 0);
  const folder = join(dist, 'sdk');
  mkdirSync(join(folder, 'shared'), { recursive: true });
  const services = new Set(loading.flatMap(({ services }) => services));
  await make(build, undefined, {
    entryPoints: Object.fromEntries([...services].map((service) => [service, `@aws-sdk/client-${service}`])),
    outdir: folder,
    chunkNames: 'shared/[name]-[hash]',
    splitting: true,
    ...asModules,
  });
  for (const { file } of loading) {
    const built = join(dist, 'src', file.replace(/\.ts$/, '.js'));
    const bundles = relative(dirname(built), folder).replaceAll('\\', '/');
    const text = readFileSync(built, 'utf8');
    const pointed = text.replaceAll(client, (_, service) => `import('${bundles}/${service}.js')`);
    if (pointed !== text) writeWhole(built, pointed);
  }
}

function servicesOf(text) {
  return [...text.matchAll(client)].map(([, service]) => service);
}

async function make(build, outfile, options) {
  const result = await build({
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'inline',
    logLevel: 'silent',
    write: false,
    ...options,
  });
  for (const { path, contents } of result.outputFiles) writeWhole(path, contents);
}

/** A command that starts meanwhile finds the old file or the new one. */
function writeWhole(file, contents) {
  writeFileSync(`${file}.partial`, contents);
  renameSync(`${file}.partial`, file);
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) await bundle();
