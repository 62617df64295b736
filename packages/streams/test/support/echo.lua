-- echo
-- Purpose: returns its keys and arguments.
-- KEYS: any.
-- ARGV: any.
-- Returns: keys, then arguments.
-- Guard: writes nothing.
local all = {}
for i = 1, #KEYS do all[#all + 1] = KEYS[i] end
for i = 1, #ARGV do all[#all + 1] = ARGV[i] end
return all
