import { withManyJobs } from '../../stacks/many-jobs.js';
import { synthesized } from '../../stacks/synthesized.js';
import { product } from '../declared.js';
import { testAccessOfJobs } from './access-of-jobs.js';

testAccessOfJobs('a larger graph in dev', () => synthesized(withManyJobs(product('dev'), 2)));
