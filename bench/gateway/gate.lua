-- The checks of our gateway in nginx: token, route, subscription, scope, three limits that all workers share.
local limits = ngx.shared.limits
local match = ngx.re.match

local facts = {}
for line in io.lines(facts_file) do
  local token, application, user, scopes = line:match("^(%S+) (%S+) (%S+) (.*)$")
  local held = {}
  for one in scopes:gmatch("%S+") do held[one] = true end
  facts[token] = { application = application, user = user, scopes = held }
end

-- As in world.mjs: an application has the APIs whose number leaves its own as the rest; the limited one has the first.
local subscriptions = { limited = { ["api-0"] = true } }
for number = 0, apis - 1 do
  local application = "app-" .. (number % apps)
  subscriptions[application] = subscriptions[application] or {}
  subscriptions[application]["api-" .. number] = true
end

local methods = { GET = "items:read" }
local quota = 1000000000
local quotas = { limited = 1 }
local window = 60

local function refuse(status, code, message)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  if status == 401 then ngx.header["WWW-Authenticate"] = 'Bearer realm="bench", error="invalid_token"' end
  ngx.print('{"code":"' .. code .. '","message":"' .. message .. '"}')
  return ngx.exit(status)
end

-- Counts in the window that the clock is in; false when there were too many.
local function passes(key, quota, now)
  local count = limits:incr(key .. math.floor(now / window), 1, 0, window)
  return count ~= nil and count <= quota
end

return function()
  local route = match(ngx.var.uri, [[^/(api-\d+)/1\.0\.0(/items/[^/]+)$]], "jo")
  if route == nil then return refuse(404, "404", "Not Found") end
  local scope = methods[ngx.req.get_method()]
  if scope == nil then return refuse(405, "405", "Method Not Allowed") end
  local authorization = ngx.var.http_authorization
  local bearer = authorization and match(authorization, [[^Bearer +([\w.~+/-]+=*)$]], "joi")
  if bearer == nil then return refuse(401, "900902", "Missing Credentials") end
  local token = facts[bearer[1]]
  if token == nil then return refuse(401, "900901", "Invalid Credentials") end
  if not token.scopes[scope] then return refuse(403, "900910", "The access token does not allow you") end
  local api = route[1]
  if not subscriptions[token.application][api] then return refuse(403, "900908", "Resource forbidden") end
  local now = ngx.now()
  local application = token.application
  if not passes("a" .. application .. token.user, quotas[application] or quota, now) then
    return refuse(429, "900803", "Message throttled out")
  end
  if not passes("s" .. application .. api, quota, now) then
    return refuse(429, "900804", "Message throttled out")
  end
  if not passes("r" .. api .. "/items/{id}GET", quota, now) then
    return refuse(429, "900802", "Message throttled out")
  end
end
