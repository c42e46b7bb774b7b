"""Verdicts on claims.

Input: claims, which hold trees, certificates or expressions in one variable. Output: a verdict with
its method, and a witness or the steps that lead to it.

statements           a class for each kind of claim
register             the claims of a module or file
scalars              claims on expressions in one variable
prove                one procedure for each kind, timed
identities           numbers first, then normal forms
derivation           normal forms in numbers: whether the derivation says what the numbers say
inequalities         examples, certificates
induction            steps from layer to layer, for networks of any depth
unrolling            their steps one after the other, beside the derivative of whole networks
recursions           what these speak of, where they begin and what follows, in words and tables
kernel               the rules that certificates are judged by
bounded              bound, share and sign; the two lemmas
settings             what an inequality is about
assumptions          networks: what is assumed of them
examples             networks in numbers that obey assumptions
spectrum             eigenvalues, and real numbers
scalar_identities    equality on the whole line
scalar_inequalities  order on the whole line
scalar_ranges        ranges of derivatives
scalar_numbers       both sides in balls, at points
numerals             numbers of many digits, written
deadline             an end to what takes too long
faults               where an error comes from
verdicts             what comes out
"""
