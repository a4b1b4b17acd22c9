import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { suggestion } from './check.js';
import type { SourceDocument } from './document.js';
import type { Problem } from './errors.js';

/** What JSON Schema finds wrong with a contract, each at its place. */
export function schemaProblems(validate: ValidateFunction, document: SourceDocument): Problem[] {
  if (validate(document.value)) return [];
  return unique((validate.errors ?? []).map((error) => problemOf(document, error)));
}

function problemOf(document: SourceDocument, error: ErrorObject): Problem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const where = path.join('.') || 'the contract';
  const parameters = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return {
        code: 'DP2003',
        location: document.locate(path),
        message: `"${[...path, String(parameters['missingProperty'])].join('.')}" is missing`,
      };
    case 'additionalProperties': {
      const key = String(parameters['additionalProperty']);
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      return {
        code: 'DP2004',
        location: document.locateKey(path, key),
        message: `unknown key "${[...path, key].join('.')}"`,
        hint: suggestion(key, known),
      };
    }
    case 'enum':
      return {
        code: 'DP2005',
        location: document.locateValue(path),
        message: `"${where}" is ${JSON.stringify(error.data)}`,
        hint: `expected ${(parameters['allowedValues'] as unknown[]).join(', ')}`.replace(
          /, ([^,]*)$/,
          ' or $1',
        ),
      };
    case 'const':
      return {
        code: 'DP2005',
        location: document.locateValue(path),
        message: `"${where}" is ${JSON.stringify(error.data)}`,
        hint: `expected ${JSON.stringify(parameters['allowedValue'])}`,
      };
    default:
      return {
        code: 'DP2005',
        location: document.locateValue(path),
        message: `"${where}" ${error.message ?? 'is not allowed'}`,
      };
  }
}

/** Ajv reports a place once a branch; people want it once. */
function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>();
  for (const problem of problems) {
    const key = `${problem.location.line}:${problem.location.column}:${problem.message}`;
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}
