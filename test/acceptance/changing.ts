/** Verbs whose cases spend their time in Terraform, and so are a suite of their own beside the others. */
export const changing = ['bootstrap', 'deploy', 'recover', 'teardown', 'unlock'];
