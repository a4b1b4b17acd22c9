// V8 compiles again, optimized, what has run often. Under Node 20 that begins so soon that a command of half a second pays for
// it and is over before it gains: ten times as often saves a quarter of its CPU (`validate`: 0.66 to 0.51 s), and one that
// computes for ten seconds loses nothing. Later versions have a compiler between, and no such flag.
import { setFlagsFromString } from 'node:v8';

if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=1000000');
