import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Programs that the local endpoint's tests run. */
export interface Machine {
  readonly localPython: string;
  readonly jobsPython: string;
  readonly javaHome: string;
  readonly jars: readonly string[];
}

/** Reads where they are from the environment. */
export function machine(): Machine {
  const required = (name: string): string => {
    const value = process.env[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set`);
    return value;
  };
  const jars = required('DATAPLAT_TEST_JARS');
  return {
    localPython: required('DATAPLAT_TEST_LOCAL_PYTHON'),
    jobsPython: required('DATAPLAT_TEST_JOBS_PYTHON'),
    javaHome: required('JAVA_HOME'),
    jars: readdirSync(jars)
      .filter((name) => name.endsWith('.jar'))
      .map((name) => path.join(jars, name)),
  };
}
