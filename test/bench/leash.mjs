/** Loaded before a server under test: it ends when its standard input closes, so that it never outlives the bench. */
process.stdin.on('end', () => process.exit(1)).resume();
process.stdin.unref();
