const http = require('http');
http.createServer((_, answer) => answer.end('ok\n')).listen(+(process.env.PORT || 3000), '127.0.0.1');
