"""What the rules of the window are made of, and the rules of what stands beside an application.

`approvals.workflow` is THE place for the chain of an application; its rows use

- `terms`: the limits, `checks`: who may and what has to be right.

Beside it, `service`: the proof that a paper reached the applicant.

Each of these has its own states and rows in the same form:

- `guide`: the versions of an item's guide (办事指南);
- `permit`: what becomes of a permit after it was granted;
- `incoming`: incoming documents and requests (来文、来件);
- `rating`: a bad rating (好差评) that is to be put right.
"""
