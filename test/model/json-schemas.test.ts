import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect } from 'chai';
import { parse } from 'yaml';
import { packageDirectory } from '../../src/project/project-directory.js';

const read = (path: string): string => readFileSync(join(packageDirectory, path), 'utf8');

describe('the JSON Schemas for editors', () => {
  const files = {
    'config/environments/dev.yaml': 'environment.schema.json',
    'config/environments/prod.yaml': 'environment.schema.json',
    'config/environments/local.yaml': 'environment.schema.json',
    'config/shared/lineage.yaml': 'lineage.schema.json',
    'config/shared/dq_thresholds.yaml': 'dq-thresholds.schema.json',
  };
  for (const [file, schemaName] of Object.entries(files)) {
    it(`are named by the first line of ${file}, which keeps to it and would not with an unknown key`, () => {
      const named =
        /^# yaml-language-server: \$schema=(\S+)$/.exec(read(file).split('\n')[0] ?? '')?.[1] ?? '';
      expect(named).to.equal(`../editor/${schemaName}`);
      expect(existsSync(join(packageDirectory, file, '..', named))).to.equal(true);
      const ajv = new Ajv({ strict: false });
      addFormats.default(ajv);
      const validate = ajv.compile(JSON.parse(read(`config/editor/${schemaName}`)) as object);
      const value = parse(read(file), { merge: true }) as object;
      expect(validate(value), JSON.stringify(validate.errors)).to.equal(true);
      expect(validate({ ...value, colour: 'red' })).to.equal(false);
    });
  }
});
