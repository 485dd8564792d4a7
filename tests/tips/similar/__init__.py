"""The trial of “Have we run this before?”: what it is asked about, and the archive it is asked against.

``reworded.txt`` holds 20 tips of the demonstration archive told again in other sentences, each under the
title of the tip that it tells again; ``new.txt`` holds 50 tips on subjects that the archive does not treat.
Both were written for this trial, by hand, before there was a method. The archive is the 63 demonstration
tips and 1,500 more that ``composed`` puts together from sentences with gaps: they are not real tips, but
they talk of the same places, people and troubles in the same words, which is what a method has to see
through.
"""
