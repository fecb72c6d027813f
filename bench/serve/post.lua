-- The requests of bench/serve: the bodies in $BODIES, one per line, in turn.
local requests, count, turn = {}, 0, 0

function init()
  local path = os.getenv("REQUEST_PATH")
  for body in io.lines(os.getenv("BODIES")) do
    count = count + 1
    requests[count] = wrk.format("POST", path, {["Content-Type"] = "application/json"}, body)
  end
end

function request()
  turn = turn % count + 1
  return requests[turn]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %.1f %.1f %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
