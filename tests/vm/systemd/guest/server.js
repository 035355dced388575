require('http').createServer((_, answer) => answer.end('ok\n')).listen(0, '127.0.0.1');
