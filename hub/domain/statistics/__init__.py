"""What a town can say about the use of its spaces: facts, key figures, and what of them may be printed; pure.

It flows one way: `facts` (what happened, by day) → `figures` (the registry of what is counted, requirement K1) →
`findings` (values with the number of persons behind them, never shown) → `hub.domain.disclosure` → `printed` (what a
reader may see). Nothing here knows a person: contributions come under keyed pseudonyms.
"""
