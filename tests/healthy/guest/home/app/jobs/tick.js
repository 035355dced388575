require('fs').appendFileSync('/tmp/tick.' + process.getuid(), `${Date.now()}\n`);
