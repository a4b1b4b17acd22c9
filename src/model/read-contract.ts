import { suggestion } from './check.js';
import { typeOfJson, typeProblem } from './column-type.js';
import { schemaProblems } from './contract-schema-problems.js';
import { contractValidators } from './contract-validators.js';
import type { Column, Contract, ContractColumn, Dataset } from './dataset.js';
import type { Path, SourceDocument } from './document.js';
import type { Problem } from './errors.js';
import { maintenanceProblems } from './maintenance-problems.js';
import { inPlaceProblems, maskProblems } from './masking-problems.js';
import { parseProblems } from './parse-problems.js';

/** The dataset that a contract declares, or every problem of the contract with its place. */
export function readContract(
  document: SourceDocument,
): { dataset: Dataset; problems: readonly [] } | { dataset?: undefined; problems: readonly Problem[] } {
  const wrong = schemaProblems(contractValidators().contract, document);
  if (wrong.length > 0) return { problems: wrong };
  const contract = document.value as Contract;
  // The contract must itself be a JSON Schema; what it means is asked of one that is.
  const noSchema = schemaProblems(contractValidators().jsonSchema, document);
  const problems = noSchema.length > 0 ? noSchema : meaningProblems(document, contract);
  return problems.length > 0 ? { problems } : { dataset: datasetOf(contract), problems: [] };
}

function datasetOf(contract: Contract): Dataset {
  return {
    id: contract.$id,
    title: contract.title,
    description: contract.description,
    columns: Object.entries(contract.properties).map(([name, column]) =>
      columnOf(name, column, contract.required),
    ),
    ...contract['x-dataplat'],
  };
}

function columnOf(name: string, column: ContractColumn, required: readonly string[]): Column {
  const extension = column['x-dataplat'] ?? {};
  return {
    name,
    type: columnType(column) ?? 'string',
    nullable: allowsNull(column) || !required.includes(name),
    description: column.description,
    origin: extension.origin ?? 'source',
    ...(extension.dateOf !== undefined && { dateOf: extension.dateOf }),
    tags: extension.tags ?? {},
    ...(column.enum && { values: column.enum.filter((value) => value !== null) }),
    ...(extension.masking && { masking: extension.masking }),
  };
}

function columnType(column: ContractColumn): string | undefined {
  return (column['x-dataplat']?.type ?? typeOfJson(column))?.replace(/\s+/g, '');
}

function allowsNull(column: ContractColumn): boolean {
  return Array.isArray(column.type) && column.type.includes('null');
}

function mayBeNull(contract: Contract, name: string): boolean {
  const column = contract.properties[name];
  return column !== undefined && (allowsNull(column) || !contract.required.includes(name));
}

/** What JSON Schema cannot say: names that must agree, types that must be columns' types. */
function meaningProblems(document: SourceDocument, contract: Contract): Problem[] {
  const problems: Problem[] = [];
  const wrong = (code: Problem['code'], path: Path, message: string, hint?: string): void => {
    problems.push({
      code,
      location: document.locateValue(path),
      message,
      ...(hint !== undefined && { hint }),
    });
  };
  const { table, layer, primaryKey, partitionedBy, watermark, write, merge } = contract['x-dataplat'];
  const fileId = document.file.slice(document.file.lastIndexOf('/') + 1, -'.json'.length);
  if (contract.$id !== fileId)
    wrong('DP2005', ['$id'], `"$id" is "${contract.$id}"`, `expected ${fileId}, the name of the file`);
  if (`${table}_${layer}` !== fileId) {
    wrong(
      'DP2005',
      ['x-dataplat', 'table'],
      `table "${table}" in layer ${layer}`,
      `the file's name says ${fileId}`,
    );
  }
  const columns = Object.keys(contract.properties);
  const known = (path: Path, name: string): void => {
    if (!columns.includes(name)) wrong('DP2006', path, `no column "${name}"`, suggestion(name, columns));
  };
  contract.required.forEach((name, index) => known(['required', index], name));
  primaryKey.forEach((name, index) => known(['x-dataplat', 'primaryKey', index], name));
  partitionedBy.forEach((name, index) => known(['x-dataplat', 'partitionedBy', index], name));
  if (watermark !== undefined) known(['x-dataplat', 'watermark'], watermark);
  const neverNull = (name: string, role: string): void => {
    if (contract.properties[name] && mayBeNull(contract, name)) {
      problems.push({
        code: 'DP2005',
        location: document.locateKey(['properties'], name),
        message: `"${name}" ${role} and may be null`,
        hint: 'list it under "required" and take "null" out of its type',
      });
    }
  };
  for (const name of primaryKey) neverNull(name, 'is part of the primary key');
  const merges = write === 'merge' || write === 'scd2';
  if (merges && merge === undefined) {
    problems.push({
      code: 'DP2003',
      location: document.locate(['x-dataplat']),
      message: `"x-dataplat.merge" is missing`,
      hint: `the strategy ${write} must know which of several changes of a key is the last`,
    });
  }
  if (!merges && merge !== undefined)
    wrong(
      'DP2005',
      ['x-dataplat', 'merge'],
      `the strategy ${write} merges nothing`,
      'expected merge or scd2',
    );
  merge?.orderedBy.forEach((name, index) => {
    known(['x-dataplat', 'merge', 'orderedBy', index], name);
    neverNull(name, 'orders the changes of a key');
  });
  const { deletedBy } = merge ?? {};
  if (deletedBy !== undefined) {
    known(['x-dataplat', 'merge', 'deletedBy'], deletedBy);
    neverNull(deletedBy, 'says whether a row is deleted');
    const column = contract.properties[deletedBy];
    if (column && columnType(column) !== 'boolean') {
      const message = `"${deletedBy}" says whether a row is deleted and is a ${columnType(column) ?? 'column without a type'}`;
      wrong('DP2005', ['x-dataplat', 'merge', 'deletedBy'], message, 'expected a boolean column');
    }
  }
  problems.push(
    ...maskProblems(document, contract, columnType),
    ...inPlaceProblems(document, contract, columnType, (name) => mayBeNull(contract, name)),
    ...maintenanceProblems(document, contract, columnType),
    ...parseProblems(document, contract, columnType),
  );
  for (const [name, column] of Object.entries(contract.properties)) {
    const dateOf = column['x-dataplat']?.dateOf;
    if (dateOf !== undefined) {
      const path = ['properties', name, 'x-dataplat', 'dateOf'];
      known(path, dateOf);
      const moment = contract.properties[dateOf];
      if (columnType(column) !== 'date')
        wrong('DP2005', path, `"${name}" is the day of ${dateOf} and no date`, 'expected "format": "date"');
      else if (moment && columnType(moment) !== 'timestamp')
        wrong('DP2005', path, `"${dateOf}" is no timestamp`, `expected one whose day "${name}" is`);
    }
    const named = column['x-dataplat']?.type;
    if (named !== undefined) {
      const problem = typeProblem(named);
      if (problem)
        wrong('DP2005', ['properties', name, 'x-dataplat', 'type'], `unknown type "${named}"`, problem);
    } else if (typeOfJson(column) === undefined) {
      wrong(
        'DP2005',
        ['properties', name],
        `the JSON type of "${name}" tells no column type`,
        'name one in "x-dataplat": { "type": … }',
      );
    }
  }
  return problems;
}
