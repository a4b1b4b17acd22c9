import { messageOf } from '../message-of.js';
import { ServiceError } from '../service.js';
import { shellWords } from './shell-words.js';

/** What the `sparkSubmitParameters` of a job run say. */
export interface SubmitParameters {
  /** `--conf` and the options that are short for one, by Spark's property name. */
  readonly properties: ReadonlyMap<string, string>;
  /** `--class`, for an entry point that is a jar. */
  readonly mainClass?: string;
}

/** Options of spark-submit that are another spelling of a property. */
const propertyOfOption: Readonly<Record<string, string>> = {
  '--py-files': 'spark.submit.pyFiles',
  '--archives': 'spark.archives',
  '--files': 'spark.files',
  '--jars': 'spark.jars',
  '--packages': 'spark.jars.packages',
  '--exclude-packages': 'spark.jars.excludes',
  '--repositories': 'spark.jars.repositories',
  '--name': 'spark.app.name',
  '--master': 'spark.master',
  '--deploy-mode': 'spark.submit.deployMode',
  '--driver-memory': 'spark.driver.memory',
  '--driver-cores': 'spark.driver.cores',
  '--driver-java-options': 'spark.driver.extraJavaOptions',
  '--driver-class-path': 'spark.driver.extraClassPath',
  '--driver-library-path': 'spark.driver.extraLibraryPath',
  '--executor-memory': 'spark.executor.memory',
  '--executor-cores': 'spark.executor.cores',
  '--num-executors': 'spark.executor.instances',
};

/** Reads `sparkSubmitParameters` as spark-submit would. Throws a ValidationException for what it does not know. */
export function parseSubmitParameters(text: string): SubmitParameters {
  let words: string[];
  try {
    words = shellWords(text);
  } catch (error) {
    throw invalid(messageOf(error));
  }
  const properties = new Map<string, string>();
  let mainClass: string | undefined;
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, option, joined] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [undefined, word, undefined];
    if (option === '--verbose' || option === '-v' || option === '--supervise') continue;
    const value = joined ?? queue.shift();
    if (value === undefined) throw invalid(`${word} has no value`);
    const property = option === undefined ? undefined : propertyOfOption[option];
    if (option === '--conf' || option === '-c') {
      const split = value.indexOf('=');
      if (split < 1) throw invalid(`"${value}" is not <property>=<value>`);
      properties.set(value.slice(0, split).trim(), value.slice(split + 1));
    } else if (property !== undefined) {
      properties.set(property, value);
    } else if (option === '--class') {
      mainClass = value;
    } else {
      throw invalid(`"${word}" is no option of spark-submit that EMR Serverless takes`);
    }
  }
  return mainClass === undefined ? { properties } : { properties, mainClass };
}

function invalid(why: string): ServiceError {
  return new ServiceError(400, 'ValidationException', `Invalid sparkSubmitParameters: ${why}.`);
}
