import { Terraform } from '../../src/terraform/terraform.js';
import { locateTerraform } from '../../src/toolchain/locate-toolchain.js';

// A program of its own, so that a test can end it: plans and applies the stack in the first folder, keeps what Terraform needs in
// the second, and prints how far it is.
const [directory = '', dataDirectory = ''] = process.argv.slice(2);
const terraform = new Terraform({
  ...(await locateTerraform()),
  directory,
  dataDirectory,
  backendConfig: {},
  variables: {},
});
await terraform.init();
const planning = terraform.plan();
let planned = await planning.next();
while (!planned.done) planned = await planning.next();
for await (const { detail } of terraform.apply(planned.value)) process.stdout.write(`${detail}\n`);
