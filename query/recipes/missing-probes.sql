-- probes that are not in place, and why
SELECT trace, event_name AS event, "function", how, error_text AS error FROM probe_state WHERE how IN ('absent', 'refused', 'off', 'withheld') ORDER BY trace, event
