"""Given names by which a name is cut into given names and surnames; written without accents, in full form.

The cut decides which words are compared with which. It need not be right for everyone: two records of one person are
cut the same way, and the model compares surnames in either order.
"""

from __future__ import annotations

from promesa.identity.folding import word_set

# Given names of Spain, Portugal and Latin America that are seldom surnames: as a second word they are given names too.
GIVEN = word_set(
    """
    abel adan adilson adrian adriana agustin aida ailton ainara ainhoa aitana aitor alba albert alberto alejandra
    alejandro alex alexander alexis alfonso alfredo alicia alma alvaro amadeo amaia amalia amelia amparo ana anabel
    ander andrea andres angel angela angeles angelica anibal antonia antonio aparecida araceli arantxa ariadna ariel
    armando arnau arturo ascension asier assuncao asuncion augusto aurelio aurora azucena baltasar bartolome beatrix
    beatriz begona belen benito benjamin bernardino bernardo berta bertha bonifacio brayan brenda breno bruna byron
    caio camila camilo candela candelaria caridad carla carlos carlota carmen carmo carol carolina catalina catarina
    cayetano cecilia celia cesar christian clara claudia claudio clementina conceicao concepcion consolacion consuelo
    covadonga cristian cristina cristobal cristofer daissy dalia damaris damian daniel daniela dario davi david debora
    deisy delfina delia demetrio desamparados diana diego dinis diogo dolores dolors donato duvan dylan edgar edison
    edmundo edson eduardo edurne eladio elena eleuterio eliane elias elisa elisangela eliseo elkin eloisa elsa elvira
    emilia emiliano emilio emma encarnacion eneko enric enrique enzo eric erick erik erika ernesto esmeralda esperanza
    esteban estefania estela ester estevao esther eugenia eugenio eulalia eusebio eva evaristo ezequiel fabian fabiana
    fabio fabiola fabricio facundo fatima faustino federico feliciano felipe felisa felix fermin fernanda fernando
    ferran fidel filipe flavia flavio florencia florencio florentino francesc francisca francisco franklin fredy
    fulgencio gabriel gabriela garazi gaspar gemma genaro genoveva georgina gerard gerardo german gertrudis gilberto
    giovanni gisela gisele gloria goncalo gonzalo gorka graca graciela gregoria gregorio griselda guadalupe guilherme
    guillem guillermo gustavo hector heidi heitor helen helena heloisa henrique heriberto herminia hernan hernando
    hilario hilda hipolito honorio horacio hortensia hugo humberto iara idoia ignacio igor iker ildefonso inacio ines
    ingrid inigo inmaculada inocencio irene iris irma isaac isabel isadora isaura isidora isidro ismael israel itziar
    ivan ivone ivonne izaskun jacinto jacobo jaime jairo janeth jaqueline javier jefferson jeison jeronimo jesus
    jesusa jhon jhonatan jhony jimena joan joana joao joaquim joaquin joel johana johanna jon jordi jorge jose josefa
    josefina josep josue juan juana judith julen julia julian juliana juliane julieta julio jussara justino karen
    karina karla katerine kevin kiara kleber koldo lady laia larissa laura laureano lautaro lazaro leandro leidy leila
    leire leonardo leonel leonor leopoldo leticia leydi lidia lilia liliana lina lisandro livia lizeth lluis lorena
    lorenzo lourdes luana lucas lucia luciana luciano luis luisa luisina luiz luiza luz luzia mabel macarena macario
    mafalda magdalena maider manoel manoela manuel manuela mar mara marc marcela marcelo marcia marcial marcio marcos
    margarida margarita maria mariana mariano maricela mariela marina mario maritza marlene marli marta martha martim
    martina martiniano mateo matheus matias matilde mauricio maximiliano mayra melchor melissa merce mercedes
    meritxell micaela michele miguel mikel milagros milena miquel mireia mirella miren mireya miriam modesto moises
    monica montserrat murilo nadia nair nancy narciso natalia nathalia nazaret nekane nelly nelson nerea nestor neus
    neusa nicanor nicolas nidia nieves noel noelia noemi nora norberto norma nubia nuno nuria octavio odete ofelia
    oier olegario olga olivia omaira omar onofre oriol orlando oscar otavio pablo paloma paola patricia patricio pau
    paula paulina paulino paulo pedro pere petra piedad pilar placido porfirio primitivo primo priscila prudencio
    purificacion quintin rafael rafaela raimunda raimundo ramiro ramon ramona raquel raul rebeca regiane regina
    reinaldo remedios remigio renata renato reynaldo ricard ricardo rigoberto rita roberto rocio rodolfo rodrigo
    rogelio rogerio rolando romina romulo rosa rosalba rosalia rosalinda rosana rosangela rosario rosaura rosemeire
    roser rosilene roxana ruben rufino rui rute ruth sabrina saioa salome salvador samanta sandra sandro santiago sara
    saray saul sebastian sebastiana sebastiao segundo selena selene serafin sergio severo sharon shirley sidnei
    silvestre silvia silvio simao simon simone sixto socorro sofia solange soledad sonia stefany stiven sueli susana
    tamara tania tatiana tatiane telma teodoro teofilo teresa tereza terezinha thais thiago tiago tiburcio timoteo
    tobias tomas toribio triana trinidad tulio ulises unai urbano ursula valentin valentina valeria vanda vanesa
    vanessa vania vera veronica victor victoria vilma vinicius violeta virginia visitacion vitor vitoria viviana
    viviane vladimir wagner waldo washington wellington wendy wilmer wilson xabier xavier ximena yadira yamile yaneth
    yanina yasmim yasmin yeison yerson yesenia yolanda yuliana zacarias zilda zoe zoraida zulma
    """
)

# Given names of the same tradition that are surnames as well: they are given names only in first place.
ALSO_SURNAMES = word_set(
    """
    abraham abril afonso alan alonso alvar aurea axel bautista benigno blanca brian bruno bryan clemente cristo cruz
    dante dominga domingo duarte fausto franco gil gines gonzaga guzman harold jacob jordan justo lara leal leon luna
    marco marin martin nadal natividad pacifico pascual pastor paz perfecto rey reyes roman roque salomon santos sol
    ursulo vega ventura vicente vidal
    """
)

# English given names: what stands between them and the last word is a middle name, and there is one surname.
ENGLISH = word_set(
    """
    aaron abigail adam alannah alexandra alfie alice amanda amy andrew anna anthony archie arthur ashley austin
    barbara bethany betty brandon brooke bruce caitlin callum carl carolyn catherine charles charlotte cheryl chloe
    christina christine christopher colin connor cooper courtney craig cynthia deborah dennis diane donald donna
    dorothy douglas duncan edward elizabeth ella emily ethan evelyn frank frederick freya gary george georgia gerald
    grace graham gregory hannah harriet harrison heather henry holly ian imogen isabella isabelle jacqueline jade jake
    james janet jasmine jason jeffrey jennifer jeremy jerry jesse jessica john jonathan joseph joshua joyce justin
    katherine kathleen kayla keith kelly kenneth kimberly kyle lachlan lauren lawrence leo leonard lewis liam lily
    linda lisa louis lucy luke madeline malcolm margaret mark mary matilda matthew megan michael michelle mitchell
    molly nathan nathaniel neil nicholas nigel noah oliver owen pamela patrick paul peter philip phoebe poppy rachel
    ralph raymond rebecca richard riley robert roger ronald rosie ryan samantha samuel scott sean sophie stephanie
    stephen steven stuart susan tahlia terry thomas timothy toby trevor tyler walter william zachary
    """
)
