// Prints where dbt is; its environment is made by the first case that asks for it.
import { locateDbt } from '../../src/toolchain/locate-toolchain.js';

process.stdout.write(await locateDbt());
